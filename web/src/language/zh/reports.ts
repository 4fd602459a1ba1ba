/** The report of costs. */
import type { messages as english } from '../en/reports.ts';

export const messages: Readonly<Record<keyof typeof english, string>> = {
  'reports.about': '每位用户的费用，由网关计量，按供应商价格计算。',
  'reports.all': '显示全部 {count} 位用户',
  'reports.both': '每日各用户费用',
  'reports.cost': '费用',
  'reports.cost.day': '当日费用',
  'reports.cost.sum': '累计费用',
  'reports.day': '每日费用',
  'reports.fewer': '收起',
  'reports.none': '此期间没有花费',
  'reports.none.why': '给某人一个虚拟密钥，或选择更早的期间。其用量会在此按用户和日期汇总。',
  'reports.requests': '请求数',
  'reports.share': '占比',
  'reports.tokens': 'Token',
  'reports.unpriced': '{count, plural, other {另有 # 个无价格}}',
  'reports.user': '各用户费用',
};
