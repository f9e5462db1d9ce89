/** The only names that a container can reach, each on port 443, through the egress proxy. */
export const EGRESS_HOSTS: readonly string[] = ["chatgpt.com", "auth.openai.com", "api.openai.com"];
