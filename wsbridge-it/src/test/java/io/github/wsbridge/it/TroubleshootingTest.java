package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks that the messages in the document on troubleshooting are those in the sources. */
final class TroubleshootingTest {

    private static final Path PROJECT = Path.of("..");

    /** The first cell of a table's row, if it is a message. */
    private static final Pattern CELL = Pattern.compile("(?m)^\\| `([^`]+)` \\|");

    private static final Pattern BLOCK = Pattern.compile("(?s)```text\n(.*?)```");
    private static final Pattern GLUE = Pattern.compile("\"\\s*\\+\\s*\"");
    private static final int SHORTEST = 5;

    @Test
    void messages_areInTheSources() throws IOException {
        String sources = sources();
        List<String> messages = messages();
        assertThat(messages).hasSizeGreaterThan(40);
        List<String> missing = new ArrayList<>();
        for (String message : messages) {
            for (String part : message.split("…")) {
                if (!isIn(sources, part)) {
                    missing.add(part + "   in   " + message);
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    /** Returns whether words are in the sources, as a whole or divided at punctuation, where messages are composed. */
    private static boolean isIn(String sources, String part) {
        String words = part.replaceAll("^[ .:,;()]+|[ .:,;()]+$", "");
        return words.length() < SHORTEST
                || sources.contains(words)
                || words.matches(".*[;:,] .*")
                        && Stream.of(words.split("[;:,] ", 2)).allMatch(half -> isIn(sources, half));
    }

    @Test
    void options_exist() throws IOException {
        String sources = sources();
        String document = Files.readString(PROJECT.resolve("docs/troubleshooting.md"));
        assertThat(Pattern.compile("--[a-z][a-z-]+").matcher(document).results().map(MatchResult::group))
                .isNotEmpty()
                .allMatch(option -> sources.contains("\"" + option + "\""));
    }

    private static List<String> messages() throws IOException {
        String document = Files.readString(PROJECT.resolve("docs/troubleshooting.md"));
        List<String> messages = new ArrayList<>();
        CELL.matcher(document).results().map(row -> row.group(1)).forEach(messages::add);
        Matcher blocks = BLOCK.matcher(document);
        while (blocks.find()) {
            messages.addAll(blocks.group(1).lines().toList());
        }
        return messages;
    }

    /** Returns all main sources and the script, with the parts of divided strings joined. */
    private static String sources() throws IOException {
        StringBuilder all = new StringBuilder(Files.readString(PROJECT.resolve("wsbridge")));
        try (Stream<Path> folders = Files.list(PROJECT)) {
            for (Path module : folders.filter(
                            folder -> folder.getFileName().toString().startsWith("wsbridge-"))
                    .toList()) {
                Path main = module.resolve("src/main/java");
                if (Files.isDirectory(main)) {
                    try (Stream<Path> files = Files.walk(main)) {
                        for (Path file : files.filter(path -> path.toString().endsWith(".java"))
                                .toList()) {
                            all.append(Files.readString(file));
                        }
                    }
                }
            }
        }
        return GLUE.matcher(all).replaceAll("");
    }
}
