using CredentialBroker.Sidecar.FrontEnds;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CredentialBroker.Sidecar.Hosting;

/// <summary>
/// One server with a listener for each front end, bounded in every direction. The server alone: a host with its container
/// and configuration around it would double the time to start.
/// </summary>
internal sealed class Listeners : IAsyncDisposable
{
    /// <summary>Of all front ends together; who comes later is turned away until one leaves.</summary>
    public const int MostConnections = 256;

    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode SharedSocketMode = SocketMode | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly IReadOnlyList<HttpFrontEnd> _frontEnds;
    private readonly Dictionary<HttpFrontEnd, ListenOptions> _listening = [];
    private readonly KestrelServer _server;

    public Listeners(IReadOnlyList<HttpFrontEnd> frontEnds)
    {
        _frontEnds = frontEnds;
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
        kestrel.Limits.MaxRequestBodySize = 256 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 50;
        kestrel.Limits.MaxRequestLineSize = 4 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
        foreach (var frontEnd in frontEnds) Listen(kestrel, frontEnd);
        _server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
    }

    /// <summary>Looks whether its sockets are free, before anything is claimed.</summary>
    public void MakeWay()
    {
        foreach (var socket in _frontEnds.Select(frontEnd => frontEnd.Socket).OfType<string>()) MakeWay(socket);
    }

    public async Task StartAsync(CancellationToken cancel)
    {
        // A server that was told of no listener would choose one itself.
        if (_frontEnds.Count == 0) return;
        try
        {
            await _server.StartAsync(new Answering(), cancel);
        }
        catch (IOException fault)
        {
            throw CommandException.Fault($"cannot listen: {fault.Message}", fault);
        }

        foreach (var (frontEnd, listening) in _listening)
        {
            if (frontEnd.Socket is { } socket) File.SetUnixFileMode(socket, frontEnd.Users.Count == 0 ? SocketMode : SharedSocketMode);
            else frontEnd.Port = listening.IPEndPoint!.Port;
            frontEnd.Listens();
        }
    }

    public async ValueTask DisposeAsync()
    {
        // At once: who is connected has its answer, or can ask the next sidecar.
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
        foreach (var frontEnd in _frontEnds) frontEnd.Stopped();
        foreach (var socket in _frontEnds.Select(frontEnd => frontEnd.Socket).OfType<string>()) PrivateFile.Remove(socket);
    }

    private void Listen(KestrelServerOptions kestrel, HttpFrontEnd frontEnd)
    {
        if (frontEnd.Socket is { } socket) kestrel.ListenUnixSocket(socket, Configure);
        else kestrel.Listen(frontEnd.Listen!, Configure);

        void Configure(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection =>
            {
                connection.Features.Set(frontEnd);
                return next(connection);
            });
            _listening[frontEnd] = listen;
        }
    }

    /// <summary>A socket that was left behind is in the way; one that somebody answers at is somebody's.</summary>
    private static void MakeWay(string socket)
    {
        var folder = Path.GetDirectoryName(socket)!;
        if (!Directory.Exists(folder)) Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (!File.Exists(socket)) return;
        using var probe = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        try
        {
            probe.Connect(new System.Net.Sockets.UnixDomainSocketEndPoint(socket));
        }
        catch (System.Net.Sockets.SocketException)
        {
            File.Delete(socket);
            return;
        }

        throw CommandException.Fault($"another sidecar listens at {socket}");
    }

    private sealed class Answering : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => Guards.AnswerAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
