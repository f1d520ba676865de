package io.github.wsbridge.embedding.application;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Handshake;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;

/** Lets the test reach the node in another process, and builds it once the test knows the server's port. */
@SuppressWarnings("serial")
final class Control extends HttpServlet {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private volatile TestNode node;

    CompletionStage<Admission> admit(Handshake handshake) {
        return node().door().admit(handshake);
    }

    private TestNode node() {
        return Objects.requireNonNull(node, "the node has not been built yet");
    }

    /** The body is the URL of the application. */
    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        node = new TestNode(URI.create(request.getReader().readLine()));
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws IOException, ServletException {
        response.setContentType("text/plain");
        try {
            switch (request.getPathInfo()) {
                case "/accept-url" -> response.getWriter().print(node().takeAcceptUrl(PATIENCE));
                case "/addresses" -> response.getWriter().print(String.join("\n", node().addresses()));
                default -> response.sendError(404);
            }
        } catch (InterruptedException e) {
            throw new ServletException(e);
        }
    }

    void close() {
        if (node != null) {
            node.close();
        }
    }
}
