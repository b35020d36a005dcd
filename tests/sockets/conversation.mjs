// The conversation of test_conversation.py from the JavaScript client, by docs/protocol.md alone.
// node conversation.mjs URL OPERATOR_TOKEN FOLDER_WITH_SOCKET_IO_CLIENT
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

const [url, token, modules] = process.argv.slice(2);
const { io } = createRequire(`${modules}/package.json`)("socket.io-client");

function connect(namespace, auth) {
  const socket = io(`${url}${namespace}`, { transports: ["websocket"], auth: (send) => send(auth), forceNew: true });
  const events = [];
  const waiting = new Set();
  const check = () => waiting.forEach((one) => one());
  socket.on("event", (event) => {
    events.push(event);
    check();
  });
  const welcome = new Promise((resolve, reject) => {
    socket.on("welcome", resolve);
    socket.on("connect_error", (error) => reject(new Error(`${error.message} ${JSON.stringify(error.data)}`)));
  });
  const find = (matches) =>
    new Promise((resolve) => {
      const look = () => {
        const found = events.find(matches);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const call = (name, data) => socket.timeout(60_000).emitWithAck(name, data);
  return { socket, welcome, find, call };
}

function expect(condition, what) {
  if (!condition) throw new Error(`expected: ${what}`);
}

const desk = connect("/operator", { protocol: 1, token });
const guest = connect("/visitor", { protocol: 1, site: "demo", locale: "pt-BR", languages: ["pt-BR", "pt"] });
expect((await desk.welcome).protocol === 1, "an operator's welcome");
expect((await guest.welcome).token, "a visitor's token");

const sent = await guest.call("message", { id: randomUUID(), text: "Olá, onde está a minha encomenda AB-12345?" });
expect(sent.ok, "an ack");
const read = await desk.find((event) => event.type === "translation" && event.message_id === sent.message_id);
expect(read.language === "en" && read.text.includes("AB-12345") && read.text.includes("order"), `English: ${read.text}`);

const claimed = await desk.call("claim", { id: randomUUID(), conversation_id: sent.conversation_id });
expect(claimed.ok, "a claim");
const said = await desk.call("message", {
  id: randomUUID(),
  conversation_id: sent.conversation_id,
  text: "Your order AB-12345 was sent today.",
});
const answer = await guest.find((event) => event.type === "translation" && event.message_id === said.message_id);
expect(answer.language === "pt" && answer.text.includes("AB-12345"), `Portuguese: ${answer.text}`);

const refused = await new Promise((resolve) => {
  const nobody = io(`${url}/visitor`, { transports: ["websocket"], auth: { protocol: 1, site: "nobody" }, forceNew: true });
  nobody.on("connect_error", (error) => {
    nobody.disconnect();
    resolve(error);
  });
});
expect(refused.message === "unknown_site" && refused.data.code === "unknown_site", "a refusal by its code");

desk.socket.disconnect();
guest.socket.disconnect();
console.log(JSON.stringify({ read: read.text, answer: answer.text }));
