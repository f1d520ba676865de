package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checks docs/model/bridge.als with Alloy, and that a mistake in the model, as one in the code, is found. */
@Tag("system")
final class ModelSystemTest {

    private static final Path MODEL = Path.of("..", "docs", "model", "bridge.als");
    private static final Path ALLOY = Path.of("target", "alloy", "alloy.jar").toAbsolutePath();
    private static final Pattern RESULT = Pattern.compile("(?m)^\\d+\\. (?:check|run) +(\\w+) .*?\\b(UNSAT|SAT)\\b");

    @TempDir
    private Path folder;

    @Test
    void model_allIsAsClaimed() throws Exception {
        assertThat(outcomes(Files.readString(MODEL), "*"))
                .containsEntry("Works", "SAT")
                .hasSize(8)
                .allSatisfy((command, outcome) ->
                        assertThat(outcome).as(command).isEqualTo(command.equals("Works") ? "SAT" : "UNSAT"));
    }

    /** Each line replaces the lines that are marked with the mutation, and the claim no longer holds. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "claim    | JoinedOnce    | pending' = pending",
                "ids      | NoOtherDevice | i not in Running.pending.id",
                "timers   | Bounded       | some univ",
                "watch    | Bounded       | Waiting' = Waiting",
                "hop      | ForwardedOnce | some univ",
                "proof    | NoStranger    | no s => no told'",
                "rotation | Readable      | some univ",
                "clocks   | LetIn         | (a.of.sealed in n.keys and a.of not in n.expired)",
            })
    void mutation_isFound(String mutation, String claim, String replacement) throws Exception {
        String mark = "-- mutation: " + mutation;
        StringBuilder mutant = new StringBuilder();
        int replaced = 0;
        for (String line : Files.readAllLines(MODEL)) {
            boolean marked = line.endsWith(mark);
            mutant.append(!marked ? line : replaced++ == 0 ? replacement : "").append('\n');
        }
        assertThat(replaced).isPositive();
        assertThat(outcomes(mutant.toString(), claim)).isEqualTo(Map.of(claim, "SAT"));
    }

    private Map<String, String> outcomes(String model, String commands) throws Exception {
        Path file = Files.writeString(folder.resolve("bridge.als"), model);
        try (Programs programs = new Programs(folder)) {
            Programs.Running alloy = programs.start(List.of(
                    System.getProperty("java.home") + "/bin/java",
                    "-jar",
                    ALLOY.toString(),
                    "exec",
                    "-f",
                    "-c",
                    commands,
                    "-o",
                    folder.resolve("solutions").toString(),
                    file.toString()));
            alloy.exitCode(); // 1 if a result is not the expected one, as here with a mutation
            Map<String, String> outcomes = new TreeMap<>();
            Matcher lines = RESULT.matcher(alloy.printed() + "\n" + alloy.complaints());
            while (lines.find()) {
                outcomes.put(lines.group(1), lines.group(2));
            }
            return outcomes;
        }
    }
}
