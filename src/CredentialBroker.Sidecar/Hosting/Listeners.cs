using CredentialBroker.Sidecar.FrontEnds;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CredentialBroker.Sidecar.Hosting;

/// <summary>One server with a listener for each front end, bounded in every direction.</summary>
internal sealed class Listeners : IAsyncDisposable
{
    /// <summary>Of all front ends together; who comes later is turned away until one leaves.</summary>
    public const int MostConnections = 256;

    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode SharedSocketMode = SocketMode | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly IReadOnlyList<HttpFrontEnd> _frontEnds;
    private readonly Dictionary<HttpFrontEnd, ListenOptions> _listening = [];
    private readonly WebApplication _app;

    public Listeners(IReadOnlyList<HttpFrontEnd> frontEnds)
    {
        _frontEnds = frontEnds;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
            kestrel.Limits.MaxRequestBodySize = 256 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 50;
            kestrel.Limits.MaxRequestLineSize = 4 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
            foreach (var frontEnd in frontEnds) Listen(kestrel, frontEnd);
        });
        builder.Services.AddSingleton<IHostLifetime, OwnLifetime>();
        _app = builder.Build();
        _app.Run(Guards.AnswerAsync);
    }

    public async Task StartAsync(CancellationToken cancel)
    {
        // A server that was told of no listener would choose one itself.
        if (_frontEnds.Count == 0) return;
        foreach (var socket in _frontEnds.Select(frontEnd => frontEnd.Socket).OfType<string>()) MakeWay(socket);
        try
        {
            await _app.StartAsync(cancel);
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
        await _app.DisposeAsync();
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

    /// <summary>Signals are the program's to judge: a child may have to end first.</summary>
    private sealed class OwnLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
