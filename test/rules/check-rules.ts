import { relative } from 'node:path';
import { createVitest, type TestCase, type TestModule, type Vitest } from 'vitest/node';
import './broken-rule.ts';

export interface RuleBook {
  readonly texts: Readonly<Record<number, string>>;
  /** Rules that nothing keeps yet, with the reason. */
  readonly notYet: Readonly<Record<number, string>>;
  /** Where their tests are. */
  readonly folders: readonly string[];
}

export interface CheckedRule {
  readonly rule: number;
  readonly text: string;
  /** A test that fails when the rule is broken, as `file: title`; null when none does. */
  readonly caughtBy: string | null;
  readonly notYet?: string | undefined;
  /** The wrong client this rule catches. */
  readonly clientMutant?: string | undefined;
  /** Its harm was seen by no test. */
  readonly mutantMissed?: boolean | undefined;
}

interface Titled {
  readonly title: string;
  readonly file: string;
  readonly moduleId: string;
  readonly state: string;
}

const MUTANT = /\brule (\d+), wrong client: (.*)$/;

/** Runs the tests as they are, then those of each rule with that rule broken. */
export async function checkRules(
  { texts, notYet, folders }: RuleBook,
  say: (line: string) => void,
): Promise<{ readonly rules: readonly CheckedRule[]; readonly failures: readonly string[] }> {
  const vitest = await createVitest('test', {
    watch: false,
    reporters: [{}],
    // A cut and a dead connection make noise that nobody here reads.
    silent: true,
  });
  try {
    const specifications = await vitest.globTestSpecifications([...folders]);
    const whole = titledOf((await vitest.runTestSpecifications(specifications)).testModules);
    const failures = [
      ...whole.filter((test) => test.state === 'failed').map(nameOf),
      ...vitest.state.getUnhandledErrors().map(String),
    ];
    say(`${whole.length} tests with nothing broken, ${failures.length} failed`);
    const mutants = new Map(
      whole.flatMap((test) => {
        const [, rule, name] = MUTANT.exec(test.title) ?? [];
        return rule === undefined || name === undefined ? [] : [[Number(rule), { name, test }] as const];
      }),
    );
    const rules: CheckedRule[] = [];
    for (const [key, text] of Object.entries(texts)) {
      const rule = Number(key);
      const caughtBy = notYet[rule] === undefined ? await breakRule(vitest, rule, whole) : null;
      const mutant = mutants.get(rule);
      rules.push({
        rule,
        text,
        caughtBy,
        ...(notYet[rule] === undefined ? {} : { notYet: notYet[rule] }),
        ...(mutant === undefined
          ? {}
          : { clientMutant: mutant.name, mutantMissed: mutant.test.state !== 'passed' }),
      });
      say(`rule ${rule}: ${caughtBy ?? 'caught by none'}`);
    }
    return { rules, failures };
  } finally {
    await vitest.close();
  }
}

/** The first test that fails with the rule broken. */
async function breakRule(vitest: Vitest, rule: number, whole: readonly Titled[]): Promise<string | null> {
  const own = new RegExp(`\\brule ${rule}[,:](?! wrong client)`);
  // Tests of the cloud alone come first: they are fast, and say most exactly what is wrong.
  const files = whole
    .filter(({ title }) => own.test(title))
    .toSorted((a, b) => Number(b.file.includes('/unit/')) - Number(a.file.includes('/unit/')));
  vitest.provide('brokenRule', rule);
  for (const moduleId of new Set(files.map((test) => test.moduleId))) {
    const specifications = vitest.getModuleSpecifications(moduleId);
    for (const one of specifications) one.testNamePattern = own;
    const { testModules } = await vitest.runTestSpecifications(specifications);
    // What earlier runs left of other tests and files is in there too.
    const failed = titledOf(testModules).find(
      (test) => test.moduleId === moduleId && test.state === 'failed' && own.test(test.title),
    );
    if (failed !== undefined) return nameOf(failed);
  }
  return null;
}

const nameOf = ({ file, title }: Titled): string => `${file}: ${title}`;

function titledOf(modules: readonly TestModule[]): Titled[] {
  return modules.flatMap((module) =>
    [...module.children.allTests()].map((test: TestCase) => ({
      title: test.fullName,
      file: relative(process.cwd(), module.moduleId),
      moduleId: module.moduleId,
      state: test.result().state,
    })),
  );
}
