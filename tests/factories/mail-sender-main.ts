import pino from "pino";
import { connectDatabase } from "@/db/client";
import { loadProcessConfig } from "@/lib/config/load-config";
import { sendMails } from "@/workers/background/send-mails";

// Sends what is due, as a process of its own that a test may kill with a mail in hand.
const config = loadProcessConfig(process.env);
const db = connectDatabase(config.databaseUrl);
await sendMails({ config, db, log: pino({ level: "silent" }) });
await db.close();
