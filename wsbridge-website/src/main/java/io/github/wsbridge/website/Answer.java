package io.github.wsbridge.website;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/** Responses of the website itself. Nothing in them may come from elsewhere or be shown by another site. */
final class Answer {

    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                    + " connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

    private Answer() {}

    /**
     * Returns a page.
     *
     * @param forms where its forms may lead in addition to the page's own host; empty for nowhere
     */
    static FullHttpResponse html(HttpResponseStatus status, String page, String forms) {
        FullHttpResponse response =
                of(status, "text/html; charset=utf-8", Unpooled.copiedBuffer(page, StandardCharsets.UTF_8));
        response.headers().set(HttpHeaderNames.CONTENT_SECURITY_POLICY, (POLICY + " " + forms).strip());
        return response;
    }

    /** Lets a page have styles of its own, which the terminal makes as it runs. */
    static FullHttpResponse styling(FullHttpResponse page) {
        String policy = page.headers().get(HttpHeaderNames.CONTENT_SECURITY_POLICY);
        page.headers()
                .set(
                        HttpHeaderNames.CONTENT_SECURITY_POLICY,
                        policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"));
        return page;
    }

    static FullHttpResponse text(HttpResponseStatus status, String line) {
        return of(status, "text/plain; charset=utf-8", Unpooled.copiedBuffer(line + "\n", StandardCharsets.UTF_8));
    }

    static FullHttpResponse empty(HttpResponseStatus status) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
        secure(response.headers());
        return response;
    }

    static FullHttpResponse redirect(String location) {
        FullHttpResponse response = text(HttpResponseStatus.SEE_OTHER, "See " + location);
        response.headers().set(HttpHeaderNames.LOCATION, location);
        return response;
    }

    static FullHttpResponse of(HttpResponseStatus status, String type, ByteBuf body) {
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        secure(response.headers());
        return response;
    }

    private static void secure(HttpHeaders fields) {
        fields.set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .set(HttpHeaderNames.CONTENT_SECURITY_POLICY, POLICY)
                .set("x-content-type-options", "nosniff")
                .set("referrer-policy", "same-origin");
    }
}
