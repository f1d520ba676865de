package io.github.wsbridge.website;

import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a browser sees of a device's response. */
final class ResponseFields {

    private static final String DOMAIN = "domain";

    private ResponseFields() {}

    /**
     * Returns the head of a final response as the browser gets it, without a decision about the connection.
     *
     * @param answered the device's
     * @param version the browser's
     * @param empty whether the response has no body, whatever its fields say
     * @param host what the device was asked under instead of the browser's {@code Host}; null for that one
     */
    static HttpResponse forBrowser(HttpResponse answered, HttpVersion version, boolean empty, @Nullable String host) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, answered.status());
        HttpHeaders fields = response.headers().add(answered.headers());
        RequestFields.removeHop(fields);
        keepCookiesApart(fields);
        if (host != null) {
            followHere(fields, host);
        }
        boolean chunks = version.equals(HttpVersion.HTTP_1_1);
        if (!empty && !HttpUtil.isContentLengthSet(response)) { // else the connection's end is the body's
            HttpUtil.setTransferEncodingChunked(response, chunks);
        } else if (!chunks) {
            fields.remove(HttpHeaderNames.TRANSFER_ENCODING);
        }
        return response;
    }

    /** Returns the answer that turns the connection into a WebSocket. */
    static HttpResponse upgraded(HttpResponse answered) {
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
        HttpHeaders fields = response.headers().add(answered.headers());
        RequestFields.removeHop(fields);
        keepCookiesApart(fields);
        fields.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
        fields.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
        return response;
    }

    /** Without a domain, a cookie returns to the host that set it and to no other device. */
    private static void keepCookiesApart(HttpHeaders fields) {
        List<String> cookies = fields.getAll(HttpHeaderNames.SET_COOKIE);
        if (!cookies.isEmpty()) {
            fields.remove(HttpHeaderNames.SET_COOKIE);
            cookies.stream()
                    .filter(cookie -> !OwnCookie.isSetBy(cookie))
                    .forEach(cookie -> fields.add(HttpHeaderNames.SET_COOKIE, withoutDomain(cookie)));
        }
    }

    static String withoutDomain(String cookie) {
        String[] parts = cookie.split(";", -1);
        return parts[0]
                + Arrays.stream(parts)
                        .skip(1)
                        .filter(part -> !part.split("=", 2)[0].strip().equalsIgnoreCase(DOMAIN))
                        .map(part -> ";" + part)
                        .collect(Collectors.joining());
    }

    /** A redirect to the name under which the device was asked leads nowhere in the browser. */
    private static void followHere(HttpHeaders fields, String host) {
        String location = fields.get(HttpHeaderNames.LOCATION);
        if (location == null) {
            return;
        }
        try {
            URI to = new URI(location);
            if (host.equalsIgnoreCase(to.getRawAuthority()) && to.getScheme() != null) {
                String path = to.getRawPath().isEmpty() ? "/" : to.getRawPath();
                String query = to.getRawQuery() == null ? "" : "?" + to.getRawQuery();
                String fragment = to.getRawFragment() == null ? "" : "#" + to.getRawFragment();
                fields.set(HttpHeaderNames.LOCATION, path + query + fragment);
            }
        } catch (URISyntaxException e) {
            // the browser decides what it means
        }
    }
}
