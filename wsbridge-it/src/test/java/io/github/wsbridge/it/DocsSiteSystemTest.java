package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The website that is made from {@code docs/}. */
@Tag("system")
final class DocsSiteSystemTest {

    private static final Pattern LINK = Pattern.compile("<a [^>]*href=\"([^\"]*)\"");
    private static final Pattern ID = Pattern.compile("\\bid=\"([^\"]*)\"");
    private static final Pattern LOADED = Pattern.compile(
            "<(?:script|img|link [^>]*rel=\"(?:stylesheet|icon)\")[^>]*(?:src|href)=\"(https?:[^\"]*)\"");

    @TempDir
    private static Path site;

    private static final Map<Path, String> PAGES = new HashMap<>();

    @BeforeAll
    static void build() throws Exception {
        Path top = Path.of("").toAbsolutePath();
        while (!Files.exists(top.resolve("mkdocs.yml"))) {
            top = top.getParent();
        }
        Path log = Files.createTempFile(site, "mkdocs", ".log");
        Path pages = site.resolve("pages");
        Process mkdocs = new ProcessBuilder(
                        Programs.find("mkdocs", "mkdocs"), "build", "--strict", "--site-dir", pages.toString())
                .directory(top.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertThat(mkdocs.waitFor(2, TimeUnit.MINUTES)).isTrue();
        } finally {
            mkdocs.destroy();
        }
        assertThat(mkdocs.exitValue()).as(Files.readString(log)).isZero();
        try (Stream<Path> files = Files.walk(pages)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".html")).toList()) {
                PAGES.put(file, Files.readString(file));
            }
        }
    }

    @Test
    void links_leadToPagesAndHeadingsThatExist() throws IOException {
        Map<Path, Set<String>> ids = new HashMap<>();
        PAGES.forEach((page, html) -> ids.put(page, all(ID, html)));
        List<String> dead = new ArrayList<>();
        PAGES.forEach((page, html) -> {
            for (String link : all(LINK, html)) {
                if (link.isEmpty() || link.contains(":") || link.startsWith("/")) {
                    continue; // another site's, or one of the page for what is not found
                }
                String[] parts = link.split("#", 2);
                Path target = parts[0].isEmpty()
                        ? page
                        : page.resolveSibling(parts[0]).normalize();
                boolean there = Files.isDirectory(target) || Files.exists(target);
                if (!there
                        || parts.length == 2
                                && !parts[1].isEmpty()
                                && !ids.getOrDefault(target, Set.of()).contains(parts[1])) {
                    dead.add(page.getFileName() + ": " + link);
                }
            }
        });
        assertThat(dead).isEmpty();
        assertThat(PAGES).hasSizeGreaterThan(25);
    }

    @Test
    void pages_loadNothingFromOtherHosts() {
        assertThat(PAGES.values().stream().flatMap(html -> all(LOADED, html).stream()))
                .isEmpty();
    }

    private static Set<String> all(Pattern pattern, String html) {
        Set<String> found = new HashSet<>();
        Matcher matcher = pattern.matcher(html);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }
}
