import { isSimulated } from "@/app/_server/simulated";
import { runtime } from "@/lib/runtime/runtime";

/** Null in a live installation, whatever the setting says: nobody is led away from OpenAI's own page there. */
export async function simulatedSignInUrl(): Promise<string | null> {
  return (await isSimulated()) ? runtime().config.simulatedSignInUrl : null;
}
