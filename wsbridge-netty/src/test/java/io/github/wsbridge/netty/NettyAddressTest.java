package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.transport.AddressContract;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;

class NettyAddressTest extends AddressContract {

    @Override
    protected Connector connector(SSLContext tls, Supplier<List<InetSocketAddress>> addresses) {
        NettyConnector.Builder builder = NettyConnector.builder().lookup(server -> addresses.get());
        return (tls == null ? builder : builder.sslContext(tls)).build();
    }
}
