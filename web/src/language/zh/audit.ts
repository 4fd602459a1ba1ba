/** The audit log. */
export const messages = {
  'audit.about': '谁更改了什么，以及谁被拒绝。',
  'audit.action': '调用',
  'audit.actor.api token': 'API 令牌',
  'audit.actor.key': '虚拟密钥',
  'audit.actor.nobody': '未知来源',
  'audit.actor.operator': '运营者令牌',
  'audit.actor.person': '已登录',
  'audit.anyone': '所有人',
  'audit.at': '时间',
  'audit.ip': '地址',
  'audit.none': '尚无更改',
  'audit.none.why': '每次更改都会记录在此，包括操作者及来源。',
  'audit.request': '请求',
  'audit.status': '应答',
  'audit.subject': '对象',
  'audit.who': '操作者',
};
