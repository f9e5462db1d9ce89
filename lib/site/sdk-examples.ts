/** How OpenAI's own libraries and curl reach the gateway. A JSON string is a string of Python and JavaScript as well. */
export type SdkTarget = { publicUrl: string; keyEnvName: string; model: string };

const QUESTION = "Say hello";

export function sdkEnvironment({ publicUrl, keyEnvName }: SdkTarget): string {
  return `export OPENAI_BASE_URL='${publicUrl}/v1'\nexport OPENAI_API_KEY="$${keyEnvName}"`;
}

export function pythonExample({ publicUrl, keyEnvName, model }: SdkTarget): string {
  return `import os
from openai import OpenAI

client = OpenAI(
    base_url=${JSON.stringify(`${publicUrl}/v1`)},
    api_key=os.environ[${JSON.stringify(keyEnvName)}],
)
answer = client.responses.create(model=${JSON.stringify(model)}, input=${JSON.stringify(QUESTION)})
print(answer.output_text)`;
}

export function nodeExample({ publicUrl, keyEnvName, model }: SdkTarget): string {
  return `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: ${JSON.stringify(`${publicUrl}/v1`)},
  apiKey: process.env.${keyEnvName},
});
const stream = await client.responses.create({ model: ${JSON.stringify(model)}, input: ${JSON.stringify(QUESTION)}, stream: true });
for await (const event of stream) {
  if (event.type === "response.output_text.delta") process.stdout.write(event.delta);
}`;
}

export function chatCurl({ publicUrl, keyEnvName, model }: SdkTarget): string {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: QUESTION }] });
  return `curl -N ${publicUrl}/v1/chat/completions -H "authorization: Bearer $${keyEnvName}" -H 'content-type: application/json' -d '${body}'`;
}

export function modelsCurl({ publicUrl, keyEnvName }: SdkTarget): string {
  return `curl ${publicUrl}/v1/models -H "authorization: Bearer $${keyEnvName}"`;
}
