/** Setting up, in simplified Chinese. */
export const messages = {
  'setup.about': '首个账户将管理本系统的密钥、人员与资金。',
  'setup.action': '成为所有者',
  'setup.link': '请打开服务器首次启动时输出的完整设置链接。该链接只能使用一次。',
  'setup.over': '本系统已有所有者。请登录，或向所有者索取邀请。',
  'setup.title': '设置 Tollkeeper',
};
