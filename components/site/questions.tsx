import Link from "next/link";
import type { ReactNode } from "react";

/** Each answer stands open: five of them are read faster than unfolded. */
export function Questions({ brandName }: { brandName: string }) {
  const questions: { question: string; answer: ReactNode }[] = [
    {
      question: "Is this allowed with my ChatGPT account?",
      answer: (
        <>
          It must be your own account, on your own paid plan, for your own work, and OpenAI&rsquo;s terms for it go on to apply to you.
          OpenAI can limit or close accounts by its own judgement, and nobody but OpenAI can promise that it will not. Read the{" "}
          <TextLink href="/docs/account-rules">account rules</TextLink> before you connect one.
        </>
      ),
    },
    {
      question: "What happens when my plan's window is full?",
      answer: (
        <>
          The same request goes on over your next lane, if you have one and its key may use it. When the window resets, traffic returns to
          the plan. Without another lane you are told when it resets. See <TextLink href="/docs/limits">what happens at a limit</TextLink>.
        </>
      ),
    },
    {
      question: "Do you read or keep my prompts?",
      answer: (
        <>
          Prompts and answers are not written to the database or the logs. Kept are counts, times, the model, the lane and the cost. What
          exactly, and for how long, is on the <TextLink href="/privacy">privacy page</TextLink>.
        </>
      ),
    },
    {
      question: "Do I have to change my tools?",
      answer: (
        <>
          Codex CLI needs one provider block, and any OpenAI SDK a base URL and a key. The client itself stays as it is. The{" "}
          <TextLink href="/docs/quick-start">quick start</TextLink> has the lines for each.
        </>
      ),
    },
    {
      question: "When should I not use it?",
      answer: (
        <>
          If your OpenAI bill is small, paying by the token is cheaper than a plan and the fee: the{" "}
          <TextLink href="/calculator">calculator</TextLink> says so. If you need embeddings, audio or files only, {brandName} adds a step
          and a log, and nothing else.
        </>
      ),
    },
  ];
  return (
    <dl className="grid gap-x-10 gap-y-6 md:grid-cols-2">
      {questions.map(({ question, answer }) => (
        <div key={question} className="border-t border-line pt-4">
          <dt className="font-semibold">{question}</dt>
          <dd className="mt-1.5 text-pretty text-muted">{answer}</dd>
        </div>
      ))}
    </dl>
  );
}

function TextLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} className="text-accent underline underline-offset-2 hover:text-accent-strong">
      {children}
    </Link>
  );
}
