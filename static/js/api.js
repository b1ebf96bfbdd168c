/** The HTTP API of the chat, used for the first message and whenever the socket is down. */

export class ApiError extends Error {
  constructor(status, body) {
    super(body.message ?? "VALIS could not be reached. Check your connection and try again.");
    this.status = status;
    this.code = body.code ?? "unreachable";
  }

  /** The next login brings what is in the outbox. */
  get isSignedOut() {
    return this.status === 401;
  }

  /** The request was fine, only not now. */
  get isPassing() {
    return this.status === 0 || this.status >= 500;
  }
}

const TIME_LIMIT = 20_000;

function headers(body) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const common = { Accept: "application/json", "X-CSRFToken": token };
  return body ? { ...common, "Content-Type": "application/json" } : common;
}

async function request(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: headers(body),
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(TIME_LIMIT),
    });
  } catch {
    throw new ApiError(0, {});
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

export const submitMessage = (session, { client_id, text, persona, greeting }) =>
  request("POST", "/api/chat", {
    ...(session && { session_id: session }),
    persona_id: persona,
    greeting,
    message: text,
    client_id,
    wait: false,
  });

export const editMessage = ({ message, client_id, text, persona }) =>
  request("POST", `/api/messages/${message}/edit`, { persona_id: persona, message: text, client_id });
export const regenerate = (turn, persona) =>
  request("POST", `/api/turns/${turn}/regenerate`, { persona_id: persona });
export const showVersion = ({ turn, message }) =>
  request("POST", turn ? `/api/turns/${turn}/show` : `/api/messages/${message}/show`);
export const readSession = (session) => request("GET", `/api/sessions/${session}`);
export const readTurn = (turn) => request("GET", `/api/turns/${turn}`);
export const stopTurn = (turn) => request("POST", `/api/turns/${turn}/stop`);
export const answerProperly = (turn) => request("POST", `/api/turns/${turn}/answer-properly`);
export const runAgain = (turn) => request("POST", `/api/turns/${turn}/run-again`);
export const readActivity = (after) => request("GET", `/api/activity?limit=200&after=${Number(after)}`);
