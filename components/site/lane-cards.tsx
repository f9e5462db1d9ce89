const LANES = [
  {
    name: "Codex lane",
    payer: "Your ChatGPT plan pays",
    facts: [
      "Answered by the official, unmodified Codex CLI, signed in by you with a device code.",
      "Your windows and their reset times are read from Codex and shown.",
      "Text, images and function tools. What it cannot do is listed, and refused by name.",
    ],
  },
  {
    name: "Own key",
    payer: "You pay OpenAI as you do today",
    facts: [
      "Requests are forwarded with your own OpenAI key, which is stored encrypted.",
      "Every /v1 path works, stored responses and files included.",
      "Tokens are counted and logged. Nothing is charged for them here.",
    ],
  },
  {
    name: "Wallet",
    payer: "Your prepaid balance pays",
    facts: [
      "Answered by the operator's provider at the listed price of each token.",
      "The most that a request can cost is held first. After the answer you are charged what it did cost.",
      "Stops when it is empty. It never goes on at your expense unseen.",
    ],
  },
] as const;

export function LaneCards() {
  return (
    <ul className="grid gap-4 lg:grid-cols-3">
      {LANES.map(({ name, payer, facts }) => (
        <li key={name} className="rounded-lg border border-line bg-panel p-5">
          <h3 className="text-lg font-semibold">{name}</h3>
          <p className="text-sm font-medium text-accent">{payer}</p>
          <ul className="mt-3 grid gap-2 text-sm text-muted">
            {facts.map((fact) => (
              <li key={fact} className="border-t border-line pt-2">
                {fact}
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}
