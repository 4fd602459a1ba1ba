/** Setting up, in simplified Chinese. */
export const messages = {
  'setup.about': '首个账户将管理本系统的密钥、人员与资金。',
  'setup.action': '成为所有者',
  'setup.link': '请打开服务器首次启动时输出的完整设置链接。该链接只能使用一次。',
  'setup.over': '本系统已有所有者。请登录，或向所有者索取邀请。',
  'setup.title': '设置 Tollkeeper',
  'setup.call': '发起第一次调用',
  'setup.call.about': '把密钥放进程序并发出一个请求，或直接在此处尝试。',
  'setup.call.lost':
    '{name} 的密钥内容只显示过一次，此处已无法查看。如未保存，请重新生成：之前的密钥内容立即失效。',
  'setup.call.nobody':
    '目前没有供网关使用的供应商密钥，调用会被拒绝。您可以随时在“供应商密钥”中添加。',
  'setup.finish': '前往仪表盘',
  'setup.key': '签发第一个虚拟密钥',
  'setup.key.about': '您的程序用它代替供应商密钥；其权限可以随时更改。',
  'setup.key.action': '签发密钥',
  'setup.provider': '添加第一个供应商密钥',
  'setup.provider.about': '保存前会先向供应商测试，不产生费用。密钥加密保存。',
  'setup.secret': '重新生成密钥内容',
  'setup.skip': '跳过',
  'setup.steps': '设置步骤',
  'setup.step.call': '首次调用',
  'setup.step.key': '虚拟密钥',
  'setup.step.owner': '所有者',
  'setup.step.provider': '供应商密钥',
};
