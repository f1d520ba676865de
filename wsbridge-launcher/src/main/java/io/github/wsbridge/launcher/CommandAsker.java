package io.github.wsbridge.launcher;

import io.github.wsbridge.client.Consent;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Asks a program. What it is told is in environment variables and never part of a command line, so nothing in it can be
 * taken for an option or a command. The program is killed when its answer does not count any longer.
 */
final class CommandAsker implements Consent.Asker {

    private static final String PREFIX = "WSBRIDGE_ASK_";

    private final String command;

    CommandAsker(String command) {
        this.command = command;
    }

    @Override
    public CompletionStage<Boolean> ask(IncomingBridge incoming, Duration limit) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        Daemons.start("wsbridge-ask", () -> run(incoming, limit, answer)); // since starting a process blocks
        return answer;
    }

    private void run(IncomingBridge incoming, Duration limit, CompletableFuture<Boolean> answer) {
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(Redirect.DISCARD).redirectError(Redirect.INHERIT);
            Map<String, String> variables = builder.environment();
            variables.keySet().removeIf(name -> name.startsWith("WSBRIDGE_")); // the device's own, with its API key
            variables.put(PREFIX + "DEVICE", incoming.deviceId());
            variables.put(PREFIX + "PRINCIPAL", incoming.principal());
            variables.put(PREFIX + "TARGET", incoming.requestData());
            variables.put(PREFIX + "REASON", incoming.reason());
            variables.put(PREFIX + "BRIDGE", incoming.bridgeId().toString());
            variables.put(PREFIX + "SECONDS", Long.toString(limit.toSeconds()));
            Process process = builder.start();
            answer.whenComplete((yes, failure) -> kill(process));
            process.onExit().thenAccept(ended -> answer.complete(ended.exitValue() == 0));
            process.getOutputStream().close();
        } catch (IOException | RuntimeException e) { // such as a variable that contains a NUL
            answer.completeExceptionally(new IOException("cannot run " + command + ": " + e.getMessage(), e));
        }
    }

    private static void kill(Process process) {
        if (process.isAlive()) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
