// Verifies webhooks with the library of Standard Webhooks: a JSON file of {secret, headers, body}.
import { readFileSync } from "node:fs";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

const sent = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { secret, headers, body } of sent) {
  new Webhook(secret).verify(body, headers);
  try {
    new Webhook(secret).verify(body + " ", headers);
  } catch (error) {
    if (error instanceof WebhookVerificationError) continue;
    throw error;
  }
  throw new Error("another body was taken");
}
console.log(`verified ${sent.length}`);
