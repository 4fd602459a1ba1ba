/** Views of a table that people saved. */
export const messages = {
  'views.about': '当前地址中的筛选、排序、列和时间段。',
  'views.default': '打开页面时显示 {name}',
  'views.delete': '删除视图 {name}',
  'views.deleted': '已删除视图 {name}。',
  'views.manage': '管理视图',
  'views.name': '视图名称',
  'views.none': '已没有保存的视图。',
  'views.rename': '{name} 的名称',
  'views.rename.action': '重命名',
  'views.save': '保存此视图',
  'views.save.action': '保存',
  'views.saved': '视图 {name} 已保存。',
  'views.title': '视图',
};
