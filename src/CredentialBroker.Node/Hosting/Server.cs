using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Node.Attesting;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Engine;
using CredentialBroker.Node.Gate;
using CredentialBroker.Node.Reading;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CredentialBroker.Node.Hosting;

/// <summary>Two unix sockets: the plugin's, for the engine alone, and the one of evidence, for whoever is in a container.</summary>
internal sealed class Server : IAsyncDisposable, IHttpApplication<HttpContext>
{
    private const UnixFileMode OwnMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode AnyMode = OwnMode | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const UnixFileMode WalkMode = OwnMode | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly NodeOptions _options;
    private readonly Plugin _plugin;
    private readonly Evidence _evidence;
    private readonly Say _say;
    private readonly KestrelServer _server;

    public Server(NodeOptions options, Plugin plugin, Evidence evidence, Say say)
    {
        (_options, _plugin, _evidence, _say) = (options, plugin, evidence, say);
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxConcurrentConnections = 512;
        kestrel.Limits.MaxRequestBodySize = Plugin.LargestTold;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        kestrel.ListenUnixSocket(options.Plugin.Socket, listen => Mark(listen, isPlugin: true));
        if (options.Attestation.Socket is { } socket) kestrel.ListenUnixSocket(socket, listen => Mark(listen, isPlugin: false));
        _server = new KestrelServer(Options.Create(kestrel), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
    }

    public async Task StartAsync(CancellationToken cancel)
    {
        MakeWay(_options.Plugin.Socket, isShared: false);
        if (_options.Attestation.Socket is { } socket) MakeWay(socket, isShared: true);
        try
        {
            await _server.StartAsync(this, cancel);
        }
        catch (IOException fault)
        {
            throw CommandException.Fault($"cannot listen: {fault.Message}", fault);
        }

        File.SetUnixFileMode(_options.Plugin.Socket, OwnMode);
        if (_options.Attestation.Socket is { } shared) File.SetUnixFileMode(shared, AnyMode);
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public async Task ProcessRequestAsync(HttpContext context)
    {
        try
        {
            await (context.Features.Get<Place>()!.IsPlugin ? AnswerEngineAsync(context) : AnswerContainerAsync(context));
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException wrong) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = wrong.StatusCode;
        }
    }

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        if (exception is not null and not OperationCanceledException) _say.Line($"a request failed: {exception.GetType().Name}: {exception.Message}");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
        foreach (var socket in new[] { _options.Plugin.Socket, _options.Attestation.Socket }.Where(File.Exists)) File.Delete(socket!);
    }

    private async Task AnswerEngineAsync(HttpContext http)
    {
        switch (http.Request.Method, http.Request.Path.Value)
        {
            case ("POST", "/Plugin.Activate"):
                await WriteAsync(http, JsonSerializer.SerializeToUtf8Bytes(new Activation(["authz"]), CallJson.Default.Activation));
                break;
            case ("POST", "/AuthZPlugin.AuthZReq"):
                var asked = await ReadAsync(http, Plugin.LargestCall);
                await AnswerAsync(http, asked is null ? new Verdict(false, $"credbroker-node: {Refusals.TooLarge}: the request is longer than the gate reads") : await _plugin.BeforeAsync(asked, http.RequestAborted));
                break;
            case ("POST", "/AuthZPlugin.AuthZRes"):
                var told = await ReadAsync(http, Plugin.LargestTold);
                await AnswerAsync(http, told is null ? new Verdict(true) : await _plugin.AfterAsync(told, CancellationToken.None));
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private async Task AnswerContainerAsync(HttpContext http)
    {
        if ((http.Request.Method, http.Request.Path.Value) is not ("POST", "/v1/evidence") || http.Request.ContentLength > 0)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            var token = await _evidence.OfAsync(http.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket, http.RequestAborted);
            await WriteAsync(http, Encoding.UTF8.GetBytes(new JsonObject { ["token"] = token }.ToJsonString()));
        }
        catch (Exception no) when (no is RefusedException or UnreadableException or EngineException)
        {
            var (status, code) = no switch
            {
                RefusedException refused => (StatusCodes.Status403Forbidden, refused.Code),
                UnreadableException unreadable => (StatusCodes.Status503ServiceUnavailable, unreadable.Code),
                _ => (StatusCodes.Status503ServiceUnavailable, Refusals.Engine),
            };
            _say.Line($"no evidence: {code}: {no.Message}");
            http.Response.StatusCode = status;
            await WriteAsync(http, Encoding.UTF8.GetBytes(new JsonObject { ["code"] = code, ["detail"] = no.Message }.ToJsonString()));
        }
    }

    private static Task AnswerAsync(HttpContext http, Verdict verdict) => WriteAsync(http, JsonSerializer.SerializeToUtf8Bytes(verdict, CallJson.Default.Verdict));

    private static async Task WriteAsync(HttpContext http, byte[] json)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = json.Length;
        await http.Response.Body.WriteAsync(json, http.RequestAborted);
    }

    /// <summary>The whole body; null when it is longer.</summary>
    private static async Task<byte[]?> ReadAsync(HttpContext http, int limit)
    {
        while (true)
        {
            var read = await http.Request.BodyReader.ReadAsync(http.RequestAborted);
            if (read.Buffer.Length > limit)
            {
                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                http.Request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }

            http.Request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static void Mark(ListenOptions listen, bool isPlugin)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => connection =>
        {
            connection.Features.Set(new Place(isPlugin));
            return next(connection);
        });
    }

    /// <summary>A socket that was left behind is in the way; one that somebody answers at is somebody's.</summary>
    private static void MakeWay(string socket, bool isShared)
    {
        var folder = Path.GetDirectoryName(socket)!;
        PrivateFiles.MakeFolder(folder);
        if (isShared) File.SetUnixFileMode(folder, WalkMode);
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

        throw CommandException.Fault($"somebody listens at {socket} already");
    }

    private sealed record Place(bool IsPlugin);
}
