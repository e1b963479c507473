"""A store in which something of everything has happened."""

from app.scenario.reading import Read, parse

STORE = """\
clock: 2026-03-12 14:00
given:
  rules: {points.per_yuan: 2}
  stores:
    - {name: 万达店, code: WD, address: 中山路1号, hours: 10:00-22:00, phone: 021-5555}
    - {name: 人民路店}
  staff:
    - {name: 陈静, store: 万达店, wecom: chenjing}
    - {name: 李娜, store: 人民路店}
    - {name: 周敏, role: manager, store: 万达店}
  products:
    - {article_no: A2031, name: 羊毛大衣, category: 大衣, price: 1599, sizes: [S, M], colors: 驼色}
  articles:
    - {code: returns, title: 退换货, body: 七天内可退。, keywords: [退货], valid_from: -1d}
  customers:
    - name: 林晓月
      phone: 13812345678
      card: VIP0012345
      assistant: 陈静
      since: -200d
      birthday: 1992-05-04
      city: 上海
      consents: {marketing: true, survey: false}
      sizes: {大衣: M, "": S}
      styles: [通勤]
      tags: [怕冷]
      body: {height: 168cm}
      notes: [喜欢安静]
      identities: [{kind: unionid, value: union-1}]
    - name: 王丽
      phone: 13900001111
      assistant: 陈静
      tier: 金卡
      points:
        - {points: 500, at: -300d, expires: -1d, why: gift}
        - {points: 300, order: DD1, at: -20d, available: -13d, expires: 2027-01-01}
        - {points: -100, why: reward, note: 50元券, at: -2d}
    - name: 赵敏
      store: 人民路店
      follows: false
      spending: {amount: 1000.01, orders: 3, last: -10d}
  visitors:
    - {name: 新客小周, phone: 13700000000}
    - {name: 路人, wecom: stranger}
  orders:
    - number: DD1
      customer: 林晓月
      staff: 陈静
      paid: -20d
      lines: [{product: A2031, size: M, color: 驼色}, {product: 围巾, price: 99, quantity: 2}]
    - {customer: 林晓月, paid: -9d, total: 100, state: returned, returned: -8d}
    - {customer: 王丽, staff: 陈静, paid: -3d, lines: [{product: 羊毛大衣}], state: shipped}
  sales:
    - {customer: 林晓月, staff: 陈静, total: 50}
  polls:
    - {title: 选哪件, options: [风衣, 大衣], votes: {风衣: [林晓月, 王丽], 大衣: 2}, closes: +2d}
    - {title: 老投票, options: [甲, 乙], published: -9d, closes: -2d, closed: true, store: 万达店}
  ratings:
    - {customer: 林晓月, score: 2, words: 等太久, at: -2h, alert: 处理中}
    - {customer: 王丽, score: 5, aspect: product}
  follow_ups:
    - {customer: 林晓月, what: 问大衣, due: 今天}
    - {customer: 王丽, what: 问尺码, due: -5d, done: -4d, result: 满意}
  try_ons:
    - {customer: 林晓月, product: A2031, size: M, reason: 肩宽, at: -1d}
  alerts:
    - {kind: hand_over, customer: 王丽, words: 找人, state: 处理中}
    - {customer: 赵敏, headline: 低分, state: 已关闭}
  complaints:
    - {customer: 林晓月, words: 大衣起球, at: -1d, state: 已整改, owner: 周敏}
    - {customer: 王丽, words: 衣服开线，气死我了！！, order: DD-nowhere}
"""


def a_store() -> Read:
    return parse(STORE, "store.yml")
