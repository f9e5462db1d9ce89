/** OpenAI's word for a plan as one writes it: `plus` becomes `ChatGPT Plus`. */
export function planName(planType: string): string {
  const words = planType.replaceAll("_", " ");
  return `ChatGPT ${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
