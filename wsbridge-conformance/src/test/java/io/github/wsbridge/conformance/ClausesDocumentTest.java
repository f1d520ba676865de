package io.github.wsbridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/protocol.md lists the clauses that the kit checks. {@code -Dwsbridge.write=true} writes them there. */
final class ClausesDocumentTest {

    private static final Path DOCUMENT = Path.of("..", "docs", "protocol.md");
    private static final String BEGIN = "| clause | what holds |\n| --- | --- |\n";

    @Test
    void document_listsAllClauses() throws Exception {
        String text = Files.readString(DOCUMENT);
        int begin = text.indexOf(BEGIN) + BEGIN.length();
        int end = text.indexOf("\n\n", begin) + 1;
        List<String> rows = Arrays.stream(Clause.values())
                .map(clause ->
                        "| `" + clause.id() + "`" + (clause.should() ? ", SHOULD" : "") + " | " + clause.text() + " |")
                .toList();
        if (Boolean.getBoolean("wsbridge.write")) {
            String table = String.join("\n", rows) + "\n";
            Files.writeString(DOCUMENT, text.substring(0, begin) + table + text.substring(end));
        } else {
            assertThat(text.substring(begin, end).lines().toList()).isEqualTo(rows);
        }
    }
}
