package io.github.wsbridge.launcher.management;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The files of the status page. */
final class StatusPage {

    private StatusPage() {}

    /** Reads all files, and returns them by path. */
    static Map<String, Supplier<Answer>> files() throws IOException {
        Map<String, Supplier<Answer>> files = new HashMap<>();
        files.put("/", file("status.html", "text/html; charset=utf-8"));
        files.put("/status.css", file("status.css", "text/css; charset=utf-8"));
        files.put("/icon.svg", file("icon.svg", "image/svg+xml"));
        for (String module : new String[] {"status.js", "bridges.js", "lines.js", "words.js"}) {
            files.put("/" + module, file(module, "text/javascript; charset=utf-8"));
        }
        return files;
    }

    private static Supplier<Answer> file(String name, String type) throws IOException {
        try (InputStream file = StatusPage.class.getResourceAsStream(name)) {
            if (file == null) {
                throw new IOException("the resource " + name + " is missing");
            }
            Answer answer = new Answer(200, type, file.readAllBytes());
            return () -> answer;
        }
    }
}
