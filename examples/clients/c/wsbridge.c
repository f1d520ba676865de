/*
 * A requester and a device with libwebsockets (Debian's libwebsockets-dev).
 *
 *   cc -O2 -Wall -o wsbridge wsbridge.c -lwebsockets
 *   wsbridge request URL DEVICE [REQUEST_DATA]   connects standard input and output to the device, like nc
 *   wsbridge listen URL DEVICE                   sends back all bytes of bridges with the request data "echo"
 *
 * One thread. Each bridge has one piece of memory: it reads on only when what it has read is written.
 */
#include <libwebsockets.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 16384

enum kind { REQUESTER, LISTENER, ACCEPT };

struct peer { /* one WebSocket */
	enum kind kind;
	struct lws *wsi;
	struct peer *old; /* of a LISTENER: the one to close once this one listens */
	char url[4096], principal[256];
	int tries, established, read_end, write_end, closed_by_us, code;
	unsigned char out[LWS_PRE + 2 * PIECE];
	size_t length;
	char held[PIECE]; /* of a REQUESTER: what standard output does not take yet */
	size_t held_at, held_length;
	int pending; /* whether something is to be sent, which may be the empty message */
	lws_sorted_usec_list_t timer;
};

static struct lws_context *context;
static char listen_url[4096];
static int running = 1, result = 1;

static void open_peer(lws_sorted_usec_list_t *timer);
static void copy(lws_sorted_usec_list_t *timer);

static struct peer *new_peer(enum kind kind, const char *url)
{
	struct peer *peer = calloc(1, sizeof *peer);
	peer->kind = kind;
	snprintf(peer->url, sizeof peer->url, "%s", url);
	return peer;
}

static void later(struct peer *peer, int least_ms)
{
	lws_usec_t wait = (lws_usec_t)(least_ms + rand() % (least_ms + 1)) * 1000;
	lws_sul_schedule(context, 0, &peer->timer, open_peer, wait);
}

/* The value of a string member of a flat JSON object; a real program uses a JSON library. */
static int member(const char *json, const char *name, char *value, size_t size)
{
	char quoted[64];
	const char *at;
	size_t length = 0;
	snprintf(quoted, sizeof quoted, "\"%s\"", name);
	*value = 0;
	if (!(at = strstr(json, quoted)))
		return 0;
	at += strlen(quoted);
	at += strspn(at, " \t\r\n:");
	if (*at++ != '"')
		return 0;
	for (; *at && *at != '"' && length + 1 < size; at++) {
		if (*at == '\\' && at[1])
			at++; /* enough for \" \\ \/ */
		value[length++] = *at;
	}
	value[length] = 0;
	return 1;
}

static void escape(const char *text, char *out)
{
	for (; *text; text++)
		if (strchr("-._~", *text) || (*text >= '0' && *text <= '9') || (*text >= 'a' && *text <= 'z') ||
		    (*text >= 'A' && *text <= 'Z'))
			*out++ = *text;
		else
			out += sprintf(out, "%%%02X", (unsigned char)*text);
	*out = 0;
}

/* One thing to send at a time; until it is sent, nothing more is read. */
static void queue(struct peer *peer, const void *bytes, size_t length)
{
	memcpy(peer->out + LWS_PRE, bytes, length);
	peer->length = length;
	peer->pending = 1;
	lws_callback_on_writable(peer->wsi);
}

static void close_old(lws_sorted_usec_list_t *timer)
{
	struct peer *peer = lws_container_of(timer, struct peer, timer);
	if (peer->old && peer->old->wsi) {
		peer->old->closed_by_us = 1;
		lws_callback_on_writable(peer->old->wsi);
	}
	peer->old = NULL;
}

static void listener_message(struct peer *peer, const char *json)
{
	char type[32], data[256], token[2048], no[2300];
	member(json, "type", type, sizeof type);
	if (!strcmp(type, "invitation")) {
		member(json, "requestData", data, sizeof data);
		member(json, "bridgeToken", token, sizeof token);
		if (!strcmp(data, "echo")) {
			struct peer *accept = new_peer(ACCEPT, "");
			member(json, "acceptUrl", accept->url, sizeof accept->url);
			member(json, "principal", accept->principal, sizeof accept->principal);
			later(accept, 0);
		} else {
			int length = snprintf(no, sizeof no,
				"{\"type\":\"reject\",\"bridgeToken\":\"%s\",\"code\":404,\"reason\":\"no such target\"}", token);
			queue(peer, no, (size_t)length);
		}
	} else if (!strcmp(type, "move")) { /* another listen socket first; only then is this one closed */
		struct peer *next = new_peer(LISTENER, listen_url);
		next->old = peer;
		later(next, 0);
	}
}

/* Returns whether to close. */
static int bridge_message(struct peer *peer, struct lws *wsi, const char *bytes, size_t length)
{
	int whole = lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi);
	if (!peer->established) { /* the node's message, which is short */
		char principal[256];
		if (length >= 2 * PIECE - peer->length) { /* no node sends that; there must be room for the final 0 */
			lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
			return 1;
		}
		memcpy(peer->out + LWS_PRE + peer->length, bytes, length);
		peer->length += length;
		if (!whole)
			return 0;
		peer->out[LWS_PRE + peer->length] = 0;
		member((char *)peer->out + LWS_PRE, "principal", principal, sizeof principal);
		peer->length = 0;
		peer->established = 1;
		if (peer->kind == ACCEPT && strcmp(principal, peer->principal)) {
			lws_close_reason(wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, NULL, 0);
			return 1;
		}
		if (peer->kind == REQUESTER)
			copy(&peer->timer);
		return 0;
	}
	if (length) {
		if (peer->kind == REQUESTER) {
			memcpy(peer->held, bytes, length);
			peer->held_at = 0;
			peer->held_length = length;
			copy(&peer->timer);
		} else {
			queue(peer, bytes, length);
			lws_rx_flow_control(wsi, 0);
		}
	}
	peer->code += (int)length; /* the length of the message so far */
	if (whole) {
		if (!peer->code && lws_frame_is_binary(wsi)) { /* the other end's half-close */
			peer->read_end = 1;
			if (peer->kind == ACCEPT)
				queue(peer, "", 0);
			lws_callback_on_writable(wsi); /* closes if both have ended */
		}
		peer->code = 0;
	}
	return 0;
}

static int writable(struct peer *peer, struct lws *wsi)
{
	if (peer->kind == LISTENER && peer->closed_by_us) {
		lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
		return 1;
	}
	if (peer->pending) {
		int text = peer->kind == LISTENER;
		if (lws_write(wsi, peer->out + LWS_PRE, peer->length, text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY) < 0)
			return 1;
		peer->pending = 0;
		peer->write_end |= !peer->length;
		if (peer->kind == ACCEPT)
			lws_rx_flow_control(wsi, 1);
		if (peer->kind == REQUESTER)
			copy(&peer->timer);
	}
	if (peer->kind != LISTENER && peer->read_end && peer->write_end && peer->held_at == peer->held_length) {
		lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
		return 1;
	}
	return 0;
}

static void over(struct peer *peer, int status)
{
	peer->wsi = NULL;
	if (peer->kind == REQUESTER) {
		if (peer->read_end && peer->write_end)
			result = 0;
		else
			fprintf(stderr, "ended with status %d, code %d\n", status, peer->code);
		running = 0;
	} else if (peer->kind == LISTENER && !peer->closed_by_us) {
		later(peer, peer->code == 4409 ? 30000 : peer->tries < 6 ? 500 << peer->tries++ : 30000);
	} else if (peer->kind == ACCEPT && !peer->established && !peer->code && peer->tries < 5 &&
		   (!status || status == 429 || status == 503)) {
		later(peer, 200 << peer->tries++); /* the token is used up only by a bridge */
	} /* a program that runs for long would free the others */
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct peer *peer = lws_get_opaque_user_data(wsi);
	if (!peer)
		return 0;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		peer->code = 0;
		if (peer->kind == LISTENER) {
			peer->tries = 0;
			puts("listening");
			fflush(stdout);
			if (peer->old)
				lws_sul_schedule(context, 0, &peer->timer, close_old, LWS_US_PER_SEC);
		}
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		if (peer->kind == LISTENER) {
			static char json[65537];
			static size_t at;
			if (lws_is_first_fragment(wsi))
				at = 0;
			if (at + length < sizeof json)
				memcpy(json + at, in, length), at += length;
			if (lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi)) {
				json[at] = 0;
				listener_message(peer, json);
			}
			return 0;
		}
		return bridge_message(peer, wsi, in, length) ? -1 : 0;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		if (length >= 2)
			peer->code = ((unsigned char *)in)[0] << 8 | ((unsigned char *)in)[1];
		return 0;
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return writable(peer, wsi) ? -1 : 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		fprintf(stderr, "cannot connect: %.*s\n", in ? (int)length : 0, in ? (const char *)in : "");
		over(peer, (int)lws_http_client_http_response(wsi));
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		over(peer, 0);
		return 0;
	default:
		return 0;
	}
}

static const struct lws_protocols protocols[] = {{"wsbridge.v1", callback, 0, PIECE, 0, NULL, 0}, {0}};

static void open_peer(lws_sorted_usec_list_t *timer)
{
	struct peer *peer = lws_container_of(timer, struct peer, timer);
	struct lws_client_connect_info info = {0};
	const char *scheme, *address, *path;
	char url[4096], full[4097], host[300];
	int port;
	snprintf(url, sizeof url, "%s", peer->url);
	if (lws_parse_uri(url, &scheme, &address, &port, &path))
		return;
	snprintf(full, sizeof full, "/%s", path);
	snprintf(host, sizeof host, "%s:%d", address, port);
	peer->established = peer->read_end = peer->write_end = peer->pending = 0;
	peer->length = 0;
	info.context = context;
	info.address = address;
	info.port = port;
	info.path = full;
	info.host = host;
	info.protocol = "wsbridge.v1";
	info.ssl_connection = strcmp(scheme, "wss") ? 0 : LCCSCF_USE_SSL;
	info.opaque_user_data = peer;
	info.pwsi = &peer->wsi;
	lws_client_connect_via_info(&info);
}

/*
 * Copies between a bridge and standard input and output, which must not hold up each other. Looks again in 5 ms where
 * it would have to wait, since libwebsockets waits for sockets only.
 */
static void copy(lws_sorted_usec_list_t *timer)
{
	struct peer *peer = lws_container_of(timer, struct peer, timer);
	struct pollfd input = {0, POLLIN, 0};
	char piece[PIECE];
	int again = 0;
	if (!peer->wsi)
		return;
	if (peer->held_at < peer->held_length) {
		ssize_t count = write(1, peer->held + peer->held_at, peer->held_length - peer->held_at);
		peer->held_at += count < 0 ? 0 : (size_t)count;
		again = peer->held_at < peer->held_length;
		lws_rx_flow_control(peer->wsi, !again);
		lws_callback_on_writable(peer->wsi); /* may close now */
	}
	if (!peer->pending && !peer->write_end) {
		if (poll(&input, 1, 0) == 1) {
			ssize_t count = read(0, piece, sizeof piece);
			queue(peer, piece, count < 0 ? 0 : (size_t)count); /* at the end of the input, the empty message */
		} else {
			again = 1;
		}
	}
	if (again)
		lws_sul_schedule(context, 0, &peer->timer, copy, 5 * 1000);
}

int main(int count, char **arguments)
{
	struct lws_context_creation_info info = {0};
	struct peer *first;
	char device[1024], data[1024];
	if (count < 4 || strlen(arguments[3]) > 300 || (count > 4 && strlen(arguments[4]) > 300)) {
		fprintf(stderr, "usage: wsbridge request URL DEVICE [REQUEST_DATA], or wsbridge listen URL DEVICE\n");
		return 2;
	}
	srand((unsigned)lws_now_usecs());
	lws_set_log_level(LLL_ERR, NULL);
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = protocols;
	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	if (!(context = lws_create_context(&info)))
		return 1;
	escape(arguments[3], device);
	escape(count > 4 ? arguments[4] : "", data);
	if (!strcmp(arguments[1], "request")) {
		first = new_peer(REQUESTER, "");
		fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK);
		snprintf(first->url, sizeof first->url, "%s/bridge/connect?deviceId=%s&requestData=%s", arguments[2],
			device, data);
	} else {
		snprintf(listen_url, sizeof listen_url, "%s/bridge/listen?deviceId=%s", arguments[2], device);
		first = new_peer(LISTENER, listen_url);
	}
	later(first, 0);
	while (running && lws_service(context, 0) >= 0)
		continue;
	lws_context_destroy(context);
	return result;
}
