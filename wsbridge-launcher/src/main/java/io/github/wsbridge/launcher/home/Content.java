package io.github.wsbridge.launcher.home;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The files of the page, in memory, by path. */
final class Content {

    private static final int PICTURES = 30;

    private final Map<String, Page> pages = new HashMap<>();

    /**
     * A file.
     *
     * @param type the media type
     */
    record Page(String type, byte[] bytes) {}

    private Content() {}

    /** Reads and draws all files of a device's page. */
    static Content of(String device) throws IOException {
        Content content = new Content();
        StringBuilder pictures = new StringBuilder();
        for (int i = 1; i <= PICTURES; i++) {
            boolean drawn = i % 2 == 1;
            String name = String.format("images/%02d.%s", i, drawn ? "svg" : "png");
            content.pages.put(
                    "/" + name,
                    drawn
                            ? new Page("image/svg+xml", Pictures.svg(i).getBytes(UTF_8))
                            : new Page("image/png", Pictures.png(i)));
            pictures.append("<li><img src=\"")
                    .append(name)
                    .append("\" width=\"96\" height=\"96\" alt=\"Picture ")
                    .append(i)
                    .append(" of ")
                    .append(PICTURES)
                    .append(drawn ? ", petals" : ", waves")
                    .append("\"></li>\n");
        }
        String html = resource("index.html")
                .replace("{{device}}", escaped(device))
                .replace("{{pictures}}", pictures.toString().strip());
        content.pages.put("/", new Page("text/html; charset=utf-8", html.getBytes(UTF_8)));
        content.pages.put(
                "/page.css",
                new Page("text/css; charset=utf-8", resource("page.css").getBytes(UTF_8)));
        content.pages.put(
                "/page.js",
                new Page("text/javascript; charset=utf-8", resource("page.js").getBytes(UTF_8)));
        content.pages.put("/icon.svg", new Page("image/svg+xml", Pictures.svg(1).getBytes(UTF_8)));
        return content;
    }

    /** Returns a file; null if there is none at the path. */
    @Nullable
    Page at(String path) {
        return pages.get(path);
    }

    private static String resource(String name) throws IOException {
        try (InputStream file = Content.class.getResourceAsStream(name)) {
            if (file == null) {
                throw new IOException("the resource " + name + " is missing");
            }
            return new String(file.readAllBytes(), UTF_8);
        }
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }
}
