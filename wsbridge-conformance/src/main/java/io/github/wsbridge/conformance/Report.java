package io.github.wsbridge.conformance;

import io.github.wsbridge.wire.net.Reasons;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What has been found about each clause. Thread-safe. */
final class Report {

    /** The state of a clause, from the one that any other replaces to the one that lasts. */
    enum State {
        NOT_APPLICABLE("n/a"),
        PASSED("passed"),
        WARNED("warning"),
        FAILED("FAILED");

        private final String word;

        State(String word) {
            this.word = word;
        }
    }

    /**
     * A finding.
     *
     * @param detail what was seen, or why the clause does not apply; empty for one that holds
     */
    record Finding(State state, String detail) {}

    /** A check, which fails by an exception. */
    @FunctionalInterface
    interface Check {
        void run() throws IOException, InterruptedException;
    }

    /** What was seen in place of what a clause demands. */
    static final class Broken extends IOException {

        private static final long serialVersionUID = 1L;

        Broken(String seen) {
            super(seen);
        }
    }

    /** Says why a clause cannot be checked. */
    static final class Skipped extends IOException {

        private static final long serialVersionUID = 1L;

        Skipped(String why) {
            super(why);
        }
    }

    private static final String UNREACHED = "not reached";

    private final Map<Clause, Finding> findings = new EnumMap<>(Clause.class); // guarded by this

    /**
     * Starts with all clauses not applicable.
     *
     * @param only the clauses to check; empty for all
     */
    Report(List<Clause> clauses, Set<Clause> only) {
        clauses.stream()
                .filter(clause -> only.isEmpty() || only.contains(clause))
                .forEach(clause -> findings.put(clause, new Finding(State.NOT_APPLICABLE, UNREACHED)));
    }

    /** Returns whether somebody wants to know about one of these clauses. */
    synchronized boolean wants(Clause... clauses) {
        return Arrays.stream(clauses).anyMatch(findings::containsKey);
    }

    /** Runs a check of a clause that somebody wants to know about. */
    void checkIfWanted(Clause clause, Check check) throws InterruptedException {
        if (wants(clause)) {
            check(clause, check);
        }
    }

    /** Fails a check unless a condition holds. */
    static void expect(boolean holds, String seen) throws Broken {
        if (!holds) {
            throw new Broken(seen);
        }
    }

    /** Runs a check of one clause; a failure is recorded, and not thrown. */
    void check(Clause clause, Check check) throws InterruptedException {
        try {
            check.run();
            found(clause, State.PASSED, "");
        } catch (Broken e) {
            broken(clause, String.valueOf(e.getMessage()));
        } catch (Skipped e) {
            notApplicable(clause, String.valueOf(e.getMessage()));
        } catch (IOException | RuntimeException e) {
            broken(clause, Reasons.of(e));
        }
    }

    /** Records what was seen of a clause that does not hold. */
    void broken(Clause clause, String seen) {
        found(clause, clause.should() ? State.WARNED : State.FAILED, seen);
    }

    void passed(Clause clause) {
        found(clause, State.PASSED, "");
    }

    /** Records why a clause cannot be checked, unless it has been. */
    void notApplicable(Clause clause, String why) {
        found(clause, State.NOT_APPLICABLE, why);
    }

    /** Says why the clauses that have not been reached were not. */
    synchronized void unreached(String why) {
        findings.replaceAll(
                (clause, finding) -> finding.state == State.NOT_APPLICABLE && finding.detail.equals(UNREACHED)
                        ? new Finding(State.NOT_APPLICABLE, why)
                        : finding);
    }

    private synchronized void found(Clause clause, State state, String detail) {
        findings.computeIfPresent(
                clause,
                (key, before) ->
                        before.state.compareTo(state) > 0 || before.state == state && state.compareTo(State.PASSED) > 0
                                ? before
                                : new Finding(state, detail));
    }

    synchronized Finding of(Clause clause) {
        Finding finding = findings.get(clause);
        return finding == null ? new Finding(State.NOT_APPLICABLE, "another party's") : finding;
    }

    synchronized Set<Map.Entry<Clause, Finding>> findings() {
        return new EnumMap<>(findings).entrySet();
    }

    long count(State state) {
        return findings().stream()
                .filter(entry -> entry.getValue().state == state)
                .count();
    }

    /** Prints a line for each clause, and a sum. */
    void print(PrintWriter out) {
        for (Map.Entry<Clause, Finding> entry : findings()) {
            Finding finding = entry.getValue();
            out.printf(
                    "%-8s %-22s %s%n",
                    finding.state.word, entry.getKey().id(), entry.getKey().text());
            if (!finding.detail.isEmpty()) {
                out.printf(
                        "%31s %s: %s%n",
                        "", finding.state == State.NOT_APPLICABLE ? "because" : "seen", finding.detail);
            }
        }
        out.printf(
                "%d passed, %d failed, %d warnings, %d not applicable%n",
                count(State.PASSED), count(State.FAILED), count(State.WARNED), count(State.NOT_APPLICABLE));
        out.flush();
    }

    /** Writes the findings in the XML format of JUnit, which build servers show. */
    void writeXml(PrintWriter out, String suite) {
        out.printf(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>%n<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\""
                        + " skipped=\"%d\">%n",
                xml(suite), findings().size(), count(State.FAILED), count(State.NOT_APPLICABLE));
        for (Map.Entry<Clause, Finding> entry : findings()) {
            Finding finding = entry.getValue();
            String inside = switch (finding.state) {
                case PASSED -> "";
                case FAILED -> "<failure message=\"" + xml(finding.detail) + "\"/>";
                case WARNED -> "<system-out>" + xml("warning: " + finding.detail) + "</system-out>";
                case NOT_APPLICABLE -> "<skipped message=\"" + xml(finding.detail) + "\"/>";
            };
            out.printf(
                    "  <testcase classname=\"%s\" name=\"%s\">%s</testcase>%n",
                    xml(suite), entry.getKey().id(), inside);
        }
        out.printf("</testsuite>%n");
        out.flush();
    }

    private static String xml(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\n') {
                escaped.append("&#").append(c).append(';');
            } else {
                escaped.appendCodePoint(c < ' ' || c == 0xFFFE || c == 0xFFFF ? '?' : c);
            }
        });
        return escaped.toString();
    }
}
