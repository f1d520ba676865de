package io.github.wsbridge.launcher;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.HandshakeException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reports failures in one line each. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {

    /** The prefix that Netty's native transports add to the system's message, such as "bind(..) failed"
     * + " with error(-98): ". */
    private static final Pattern NATIVE = Pattern.compile("^\\w+\\(\\.\\.\\) failed with error\\(-\\d+\\): ");

    @Override
    public int handleParseException(ParameterException failure, String[] args) {
        CommandLine command = failure.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        PrintWriter err = command.getErr();
        err.println(name + ": " + oneLine(String.valueOf(failure.getMessage())));
        UnmatchedArgumentException.printSuggestions(failure, err);
        err.println("Try '" + name + " --help'.");
        return CommandLine.ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        PrintWriter err = command.getErr();
        err.println(command.getCommandSpec().qualifiedName() + ": " + describe(failure));
        if (LogOptions.of(parsed) == LogOptions.Detail.VERBOSE) {
            failure.printStackTrace(err);
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    /** Returns one line that describes the failure, without wrapping exceptions. */
    static String describe(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        String text;
        if (cause instanceof NoSuchFileException) {
            text = "no such file: " + message;
        } else if (cause instanceof AccessDeniedException) {
            text = "permission denied: " + message;
        } else if (cause instanceof UnknownHostException) {
            text = "unknown host: " + message;
        } else if (cause instanceof ConnectException && message == null) {
            text = "cannot connect";
        } else if (message == null || message.isBlank()) {
            text = cause.getClass().getSimpleName();
        } else if (cause instanceof HandshakeException refused) {
            text = "the server refused with HTTP status " + refused.status() + hint(refused.status());
        } else if (cause instanceof BridgeException) {
            text = "the bridge ended: " + message;
        } else {
            text = message;
        }
        return oneLine(NATIVE.matcher(text).replaceFirst(""));
    }

    /** Returns a hint for the user; empty if there is nothing useful to add. */
    private static String hint(int status) {
        return switch (status) {
            case 401 -> ": the API key is missing or unknown";
            case 403 -> ": the API key does not permit this";
            case 404 -> ": there is no bridge at this URL";
            case 429 -> ": too many requests";
            case 503 -> ": try again later";
            default -> "";
        };
    }

    /** Removes line breaks and control characters: text from a peer must not control the terminal or forge lines. */
    static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}|[\\x80-\\x9f]", " ");
    }
}
