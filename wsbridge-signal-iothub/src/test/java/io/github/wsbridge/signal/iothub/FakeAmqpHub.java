package io.github.wsbridge.signal.iothub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import javax.net.ssl.SSLServerSocket;
import org.apache.qpid.proton.Proton;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.AmqpValue;
import org.apache.qpid.proton.amqp.messaging.ApplicationProperties;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.apache.qpid.proton.engine.Collector;
import org.apache.qpid.proton.engine.Connection;
import org.apache.qpid.proton.engine.Delivery;
import org.apache.qpid.proton.engine.EndpointState;
import org.apache.qpid.proton.engine.Event;
import org.apache.qpid.proton.engine.Link;
import org.apache.qpid.proton.engine.Receiver;
import org.apache.qpid.proton.engine.Sasl;
import org.apache.qpid.proton.engine.Sender;
import org.apache.qpid.proton.engine.Transport;
import org.apache.qpid.proton.message.Message;

/**
 * A fake of an IoT hub's AMQP endpoint for cloud-to-device messages: TLS, claims-based security with a shared access
 * signature, which it checks, and the link to {@code /messages/devicebound}. The SDK always dials port 5671 of the host
 * in the connection string. So each fake uses that port on its own loopback address, which Linux supports.
 */
final class FakeAmqpHub implements AutoCloseable {

    private static final int PORT = 5671;
    private static final AtomicInteger STARTED = new AtomicInteger();

    final String host;
    final List<Message> messages = new CopyOnWriteArrayList<>();
    final List<String> connections = new CopyOnWriteArrayList<>();
    /** Decides on a message: gets the device id from the address, and the message. Null means no response. */
    volatile BiFunction<String, Message, DeliveryState> behaviour = (deviceId, message) -> Accepted.getInstance();

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final SSLServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    FakeAmqpHub() throws Exception {
        this(HubKeys.ADDRESSES.get(STARTED.getAndIncrement() % HubKeys.ADDRESSES.size()));
    }

    FakeAmqpHub(String host) throws Exception {
        this.host = host;
        server = (SSLServerSocket) HubKeys.serverContext()
                .getServerSocketFactory()
                .createServerSocket(PORT, 50, InetAddress.getByName(host));
        threads.execute(this::acceptAll);
    }

    String connectionString() {
        return FakeHub.CONNECTION_STRING.replace(FakeHub.HOST, host);
    }

    private void acceptAll() {
        try {
            while (true) {
                Socket socket = server.accept();
                open.add(socket);
                threads.execute(() -> serve(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setSoTimeout(20); // one thread reads and writes
            new Session(socket).run();
        } catch (IOException e) {
            // the peer has disconnected, or the test breaks the connection
        } finally {
            open.remove(socket);
        }
    }

    /** Breaks all connections. */
    void dropAll() {
        open.forEach(socket -> {
            try {
                socket.close();
            } catch (IOException e) {
                // closed already
            }
        });
    }

    @Override
    public void close() throws IOException {
        server.close();
        dropAll();
        threads.shutdownNow();
    }

    /** One connection. */
    private final class Session {
        private final InputStream in;
        private final OutputStream out;
        private final Transport transport = Proton.transport();
        private final Collector collector = Proton.collector();
        private final Connection connection = Proton.connection();
        private final Sasl sasl = transport.sasl();
        private final Map<String, Sender> replies = new ConcurrentHashMap<>();
        private boolean authorized;

        Session(Socket socket) throws IOException {
            in = socket.getInputStream();
            out = socket.getOutputStream();
            connection.collect(collector);
            sasl.server();
            sasl.setMechanisms("ANONYMOUS");
            transport.bind(connection);
        }

        void run() throws IOException {
            byte[] buffer = new byte[16 * 1024];
            while (connection.getRemoteState() != EndpointState.CLOSED) {
                try {
                    int read = in.read(buffer, 0, Math.min(buffer.length, Math.max(1, transport.capacity())));
                    if (read < 0) {
                        return;
                    }
                    transport.tail().put(buffer, 0, read);
                    transport.process();
                } catch (SocketTimeoutException e) {
                    // check whether there is something to write
                }
                handleEvents();
                for (int pending = transport.pending(); pending > 0; pending = transport.pending()) {
                    ByteBuffer head = transport.head();
                    byte[] bytes = new byte[head.remaining()];
                    head.get(bytes);
                    out.write(bytes);
                    transport.pop(bytes.length);
                }
                out.flush();
            }
        }

        private void handleEvents() {
            if (sasl.getOutcome() == Sasl.SaslOutcome.PN_SASL_NONE && sasl.getRemoteMechanisms().length > 0) {
                sasl.done(Sasl.SaslOutcome.PN_SASL_OK);
            }
            for (Event event = collector.peek(); event != null; event = collector.peek()) {
                handle(event);
                collector.pop();
            }
        }

        private void handle(Event event) {
            switch (event.getType()) {
                case CONNECTION_REMOTE_OPEN -> {
                    connections.add(event.getConnection().getRemoteContainer());
                    event.getConnection().open();
                }
                case SESSION_REMOTE_OPEN -> event.getSession().open();
                case LINK_REMOTE_OPEN -> opened(event.getLink());
                case DELIVERY -> {
                    Delivery delivery = event.getDelivery();
                    if (delivery.getLink() instanceof Receiver receiver
                            && delivery.isReadable()
                            && !delivery.isPartial()) {
                        received(receiver, delivery);
                    }
                }
                case CONNECTION_REMOTE_CLOSE -> event.getConnection().close();
                default -> {}
            }
        }

        private void opened(Link link) {
            link.setSource(link.getRemoteSource());
            link.setTarget(link.getRemoteTarget());
            link.open();
            if (link instanceof Receiver receiver) {
                receiver.flow(1000);
            } else {
                replies.put("cbs", (Sender) link);
            }
        }

        private void received(Receiver receiver, Delivery delivery) {
            byte[] bytes = new byte[delivery.pending()];
            receiver.recv(bytes, 0, bytes.length);
            receiver.advance();
            Message message = Proton.message();
            message.decode(bytes, 0, bytes.length);
            DeliveryState state;
            if (receiver.getRemoteTarget().getAddress().equals("$cbs")) {
                putToken(message);
                state = Accepted.getInstance();
            } else if (authorized && receiver.getRemoteTarget().getAddress().equals("/messages/devicebound")) {
                messages.add(message);
                String[] to = message.getProperties().getTo().split("/");
                state = behaviour.apply(to[2], message);
            } else {
                throw new IllegalStateException("not authorized, or to nowhere");
            }
            if (state != null) {
                delivery.disposition(state);
                delivery.settle();
            }
            receiver.flow(1);
        }

        private void putToken(Message request) {
            try {
                authorized = FakeHub.authorized((String) ((AmqpValue) request.getBody()).getValue(), host)
                        && host.equals(
                                request.getApplicationProperties().getValue().get("name"))
                        && "put-token"
                                .equals(request.getApplicationProperties()
                                        .getValue()
                                        .get("operation"));
            } catch (Exception e) {
                authorized = false;
            }
            Message reply = Proton.message();
            reply.setCorrelationId(request.getMessageId());
            reply.setApplicationProperties(new ApplicationProperties(Map.of(
                    "status-code", authorized ? 200 : 401, "status-description", authorized ? "OK" : "Unauthorized")));
            reply.setBody(new AmqpValue(""));
            byte[] bytes = new byte[1024];
            int length = reply.encode(bytes, 0, bytes.length);
            Sender sender = replies.get("cbs");
            Delivery delivery = sender.delivery(("reply-" + request.getMessageId()).getBytes(StandardCharsets.UTF_8));
            sender.send(bytes, 0, length);
            sender.advance();
            delivery.settle();
        }
    }
}
