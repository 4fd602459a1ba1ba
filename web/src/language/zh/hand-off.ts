/** How a virtual key is handed over, in simplified Chinese. */
export const messages = {
  'handoff.arrived': '已收到您的第一次调用',
  'handoff.model': '模型',
  'handoff.new': '{name}：您的新虚拟密钥',
  'handoff.one': '虚拟密钥',
  'handoff.refused': '收到一次调用，但被拒绝',
  'handoff.rotated': '{name}：新的密钥内容',
  'handoff.test': '发起测试调用',
  'handoff.test.bad': '被拒绝',
  'handoff.test.first': '可以使用：已收到您的第一次调用',
  'handoff.test.good': '可以使用',
  'handoff.tokens': '输入 {input}，输出 {output}',
  'handoff.waiting': '正在等待您的第一次调用……',
  'handoff.waiting.why': '运行上面的任一示例，或发起测试调用，结果会自动显示在这里。',
};
