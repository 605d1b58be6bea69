import type { Rule, RuleTemplate } from '@annals/insight'

/** What a rule says, as a sentence. */
export function ruleSentence(rule: Rule): string {
  const [a, b] = 'activity' in rule ? [rule.activity, ''] : [rule.a, rule.b]
  return sentences[rule.template].replace(/\b([AB])\b/g, (_, which) => `“${which === 'A' ? a : b}”`)
}

const sentences: { readonly [template in RuleTemplate]: string } = {
  existence: 'A is done.',
  absence: 'A is never done.',
  'exactly-one': 'A is done exactly once.',
  init: 'The case begins with A.',
  'responded-existence': 'Where A is done, B is done too.',
  'co-existence': 'A and B are both done, or neither.',
  response: 'After A comes B.',
  precedence: 'Before B came A.',
  succession: 'After A comes B, and before B came A.',
  'alternate-response': 'After A comes B before the next A.',
  'alternate-precedence': 'Before B came A, and no other B since.',
  'alternate-succession': 'A and B take turns, A first.',
  'chain-response': 'Directly after A comes B.',
  'chain-precedence': 'Directly before B came A.',
  'chain-succession': 'A and B are done directly one after the other, always both.',
  'not-co-existence': 'A and B are never both done.',
  'not-succession': 'After A never comes B.',
  'not-chain-succession': 'Directly after A never comes B.',
}
