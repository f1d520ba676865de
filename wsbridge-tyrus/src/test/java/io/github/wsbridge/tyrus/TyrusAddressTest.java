package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.transport.AddressContract;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

class TyrusAddressTest extends AddressContract {

    @Override
    protected Connector connector(SSLContext tls, Supplier<List<InetSocketAddress>> addresses) {
        return new TyrusConnector(tls, null, server -> addresses.get());
    }
}
