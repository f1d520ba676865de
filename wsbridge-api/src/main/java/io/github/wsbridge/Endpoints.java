package io.github.wsbridge;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The names on the wire and the URLs made of them. Every URL of the bridge is built here. */
public final class Endpoints {

    /** Where a requester connects. */
    public static final String CONNECT = "/bridge/connect";

    /** Where a device accepts or rejects an invitation. */
    public static final String ACCEPT = "/bridge/accept";

    /** Where a device listens for invitations. */
    public static final String LISTEN = "/bridge/listen";

    /** Where nodes of the cluster talk to each other. */
    public static final String PEER = "/bridge/peer";

    /** Query parameter: the device. */
    public static final String DEVICE_ID = "deviceId";

    /** Query parameter: what the requester tells the device. */
    public static final String REQUEST_DATA = "requestData";

    /** Query parameter: {@code true} if the requester is to be upgraded only when its bridge is established. */
    public static final String WAIT = "wait";

    /** Query parameter: the bridge token. */
    public static final String BRIDGE_TOKEN = "bridgeToken";

    /** Query parameter: its presence turns an accept into a rejection; a decimal number from 0 to 9999. */
    public static final String REJECT_CODE = "rejectCode";

    /** Query parameter: why the device rejects. */
    public static final String REJECT_REASON = "rejectReason";

    /** The WebSocket subprotocol that adds the established message and half-close. */
    public static final String SUBPROTOCOL = "wsbridge.v1";

    /** Header with a requester's or device's API key. */
    public static final String API_KEY_HEADER = "X-Api-Key";

    /** Header with a node's credential on requests from node to node. */
    public static final String NODE_HEADER = "X-Bridge-Node";

    private Endpoints() {}

    /** The URL at which a requester asks for a bridge. */
    public static URI connect(URI base, BridgeRequest request) {
        String url = base(base) + CONNECT + "?" + DEVICE_ID + "=" + encode(request.deviceId());
        return URI.create(
                request.requestData().isEmpty() ? url : url + "&" + REQUEST_DATA + "=" + encode(request.requestData()));
    }

    /** The URL at which a device accepts. */
    public static URI accept(URI base, BridgeToken token, String requestData) {
        String url = base(base) + ACCEPT + "?" + BRIDGE_TOKEN + "=" + token.value();
        return URI.create(requestData.isEmpty() ? url : url + "&" + REQUEST_DATA + "=" + encode(requestData));
    }

    /** The URL at which a device rejects what {@code acceptUrl} offers. */
    public static URI reject(URI acceptUrl, Rejection rejection) {
        return URI.create(acceptUrl + "&" + REJECT_CODE + "=" + rejection.code() + "&" + REJECT_REASON + "="
                + encode(rejection.reason()));
    }

    /** The URL at which a device listens. */
    public static URI listen(URI base, String deviceId) {
        return URI.create(base(base) + LISTEN + "?" + DEVICE_ID + "=" + encode(deviceId));
    }

    /** The URL at which a node talks to another. */
    public static URI peer(NodeAddress node) {
        return URI.create(node.uri() + PEER);
    }

    /**
     * Checks the base of bridge URLs: scheme {@code ws} or {@code wss} ({@code http} and {@code https} are read as
     * those), a host, an optional port and path, nothing else. A trailing slash is dropped.
     *
     * @throws IllegalArgumentException if {@code uri} is no such base
     */
    public static URI base(URI uri) {
        if (uri.getRawAuthority() != null && uri.getRawAuthority().contains("@")) {
            throw new IllegalArgumentException("a bridge URL has no user info"); // and a message no password
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        scheme = scheme.equals("http") ? "ws" : scheme.equals("https") ? "wss" : scheme;
        if (!scheme.equals("ws") && !scheme.equals("wss")) {
            throw new IllegalArgumentException("not a ws or wss URL: " + uri);
        }
        if (uri.getHost() == null || uri.getRawQuery() != null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException("needs a host and no query or fragment: " + uri);
        }
        String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
        String path = URI.create(uri.toASCIIString()).getRawPath().replaceAll("/+$", "");
        return URI.create(scheme + "://" + uri.getHost() + port + path);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
