// The official middleware, on express.
import { validateIkasWebhookMiddleware } from "@ikas/admin-api-client";
import express from "express";

const app = express();
app.use(express.json({ limit: "1mb" }));
app.post("/hook", validateIkasWebhookMiddleware(process.env.IKAS_CLIENT_SECRET), (request, answer) => {
  JSON.parse(request.body.data);
  answer.sendStatus(200);
});
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
