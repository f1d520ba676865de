package io.github.wsbridge.website;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Files of the jar that pages of the website use, kept in memory. */
final class Assets {

    /** Their place, and that of everything else of the website, on each host. Devices never see requests for it. */
    static final String PLACE = "/.wsbridge/";

    private static final Map<String, String> TYPES =
            Map.of("css", "text/css; charset=utf-8", "js", "text/javascript; charset=utf-8");

    private record Asset(String type, ByteBuf content) {}

    private final Map<String, Asset> assets = new LinkedHashMap<>();

    Assets() {
        for (String name :
                new String[] {"site.css", "retry.js", "devices.js", "terminal.js", "xterm.js", "xterm.css"}) {
            add(name);
        }
    }

    private void add(String name) {
        try (InputStream in = Assets.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing in the jar");
            }
            String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
            ByteBuf content = Unpooled.unreleasableBuffer(
                    Unpooled.wrappedBuffer(in.readAllBytes()).asReadOnly());
            assets.put(PLACE + name, new Asset(String.valueOf(type), content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the file at a path; empty if there is none. */
    Optional<FullHttpResponse> at(String path) {
        return Optional.ofNullable(assets.get(path)).map(asset -> {
            FullHttpResponse response = Answer.of(
                    HttpResponseStatus.OK, asset.type(), asset.content().duplicate());
            response.headers().set(HttpHeaderNames.CACHE_CONTROL, "max-age=300");
            return response;
        });
    }
}
