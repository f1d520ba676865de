package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks the layout of the sources that the formatter leaves alone, such as comments and long strings. */
final class SourcesTest {

    private static final Path PROJECT = Path.of("..");
    private static final int COLUMNS = 120;

    @Test
    void java_linesFitInto120Columns() throws IOException {
        List<Path> sources = sources();
        assertThat(sources).as("the project's sources").hasSizeGreaterThan(100);
        List<String> tooLong = new ArrayList<>();
        for (Path source : sources) {
            int number = 0;
            for (String line : Files.readAllLines(source)) {
                number++;
                if (line.codePointCount(0, line.length()) > COLUMNS) {
                    tooLong.add(PROJECT.relativize(source) + ":" + number);
                }
            }
        }
        assertThat(tooLong).isEmpty();
    }

    /** Returns the Java files in the {@code src} folders of all modules and examples, without generated ones. */
    private static List<Path> sources() throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path folder : folders(PROJECT)) {
            for (Path module :
                    Stream.concat(Stream.of(folder), folders(folder).stream()).toList()) {
                Path src = module.resolve("src");
                if (Files.isDirectory(src)) {
                    try (Stream<Path> files = Files.walk(src)) {
                        files.filter(file -> file.toString().endsWith(".java")).forEach(found::add);
                    }
                }
            }
        }
        return found;
    }

    private static List<Path> folders(Path parent) throws IOException {
        try (Stream<Path> children = Files.list(parent)) {
            return children.filter(Files::isDirectory)
                    .filter(child -> !child.getFileName().toString().startsWith("."))
                    .toList();
        }
    }
}
