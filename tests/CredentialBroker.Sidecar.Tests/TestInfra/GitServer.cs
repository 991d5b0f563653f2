using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>A smart HTTP server of git's own <c>http-backend</c>, behind Basic authentication.</summary>
internal sealed class GitServer : IAsyncDisposable
{
    private readonly string _root;
    private readonly string _user;
    private readonly Func<string, bool> _isGood;
    private WebApplication _app = null!;

    private GitServer(string root, string user, Func<string, bool> isGood) => (_root, _user, _isGood) = (root, user, isGood);

    public string Host { get; private set; } = "";

    /// <summary>The secret of the last login that was good.</summary>
    public string? Secret { get; private set; }

    public static async Task<GitServer> StartAsync(string root, string user, Func<string, bool> isGood)
    {
        var server = new GitServer(root, user, isGood);
        Directory.CreateDirectory(root);
        foreach (var command in new[] { new[] { "init", "-q", "--bare", Path.Combine(root, "repo.git") }, ["-C", Path.Combine(root, "repo.git"), "config", "http.receivepack", "true"] })
        {
            using var git = Process.Start("git", command);
            await git.WaitForExitAsync();
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        server._app = builder.Build();
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        server.Host = new Uri(server._app.Urls.Single()).Authority;
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        if (!IsLogin(http.Request.Headers.Authorization))
        {
            http.Response.StatusCode = 401;
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"git\"";
            return;
        }

        var start = new ProcessStartInfo("git", ["http-backend"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["GIT_PROJECT_ROOT"] = _root;
        start.Environment["GIT_HTTP_EXPORT_ALL"] = "1";
        start.Environment["PATH_INFO"] = http.Request.Path.Value;
        start.Environment["QUERY_STRING"] = http.Request.QueryString.Value?.TrimStart('?') ?? "";
        start.Environment["REQUEST_METHOD"] = http.Request.Method;
        start.Environment["CONTENT_TYPE"] = http.Request.ContentType ?? "";
        start.Environment["REMOTE_USER"] = _user;
        start.Environment["HTTP_CONTENT_ENCODING"] = http.Request.Headers.ContentEncoding.ToString();
        start.Environment["GIT_PROTOCOL"] = http.Request.Headers["Git-Protocol"].ToString();
        using var git = Process.Start(start)!;
        await http.Request.Body.CopyToAsync(git.StandardInput.BaseStream);
        git.StandardInput.Close();
        using var said = new MemoryStream();
        await git.StandardOutput.BaseStream.CopyToAsync(said);
        await git.WaitForExitAsync();
        var bytes = said.ToArray();
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        foreach (var line in Encoding.ASCII.GetString(bytes, 0, end).Split("\r\n"))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (line.StartsWith("Status:", StringComparison.Ordinal)) http.Response.StatusCode = int.Parse(line[7..].Trim().Split(' ')[0], null);
            else http.Response.Headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        await http.Response.Body.WriteAsync(bytes.AsMemory(end + 4));
    }

    private bool IsLogin(string? header)
    {
        if (header?.StartsWith("Basic ", StringComparison.Ordinal) != true || Encoding.UTF8.GetString(Convert.FromBase64String(header[6..])).Split(':', 2) is not [var user, var secret] || user != _user || !_isGood(secret)) return false;
        Secret = secret;
        return true;
    }
}
