using System.Diagnostics;
using System.Net.Sockets;
using CredentialBroker.Backends.Aws;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>
/// moto, an emulator of AWS that is none of this repository's, as a rule with its enforcement of IAM on. It evaluates neither
/// condition keys nor session policies nor expiry: what it proves is the wire, and that a role's end ends its sessions.
/// </summary>
internal sealed class MotoServer : IAsyncDisposable
{
    public const string Account = "123456789012";
    private readonly Process _process;

    private MotoServer(Process process, Uri url) => (_process, Url) = (process, url);

    public Uri Url { get; }

    public static string BrokerArn => $"arn:aws:iam::{Account}:user/broker";

    /// <summary>The broker's own key, which may do everything.</summary>
    public AwsSession Broker { get; private set; } = new("AKIAIOSFODNN7EXAMPLE", "before-anybody-is-asked", null, 0);

    public AwsWire Wire { get; private set; } = null!;

    public static async Task<MotoServer> StartAsync(bool enforces = true)
    {
        var port = LoopbackPorts.FindFree();
        var process = Process.Start(Python("-m", "moto.server", "-H", "127.0.0.1", "-p", $"{port}"))!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var moto = new MotoServer(process, new Uri($"http://127.0.0.1:{port}"));
        try
        {
            await moto.ListensAsync(port);
            if (enforces) await moto.PrepareAsync();
            return moto;
        }
        catch
        {
            await moto.DisposeAsync();
            throw;
        }
    }

    /// <summary>A call of IAM as the broker's user.</summary>
    public ValueTask<System.Xml.Linq.XElement> IamAsync(string action, params (string Name, string Value)[] parameters) => Wire.IamAsync(Broker, action, parameters, default);

    public async ValueTask DisposeAsync()
    {
        Wire?.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Debian's Python, which finds Debian's modules and moto's folder.</summary>
    public static ProcessStartInfo Python(params string[] arguments)
    {
        var folder = Environment.GetEnvironmentVariable("MOTO_FOLDER") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "credbroker-tests", "moto");
        var start = new ProcessStartInfo("/usr/bin/python3", arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PYTHONPATH"] = Path.Combine(folder, "usr", "lib", "python3", "dist-packages");
        start.Environment.Remove("PYTHONHOME");
        return start;
    }

    private async Task ListensAsync(int port)
    {
        for (var i = 0; ; i++)
        {
            Assert.False(_process.HasExited, "moto did not start");
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port);
                return;
            }
            catch (SocketException) when (i < 1200)
            {
                await Task.Delay(100);
            }
        }
    }

    /// <summary>A user for the broker while nobody is asked for rights; from then on everybody is.</summary>
    private async Task PrepareAsync()
    {
        Wire = new AwsWire(new AwsTarget { Account = Account, Region = "eu-central-1", StsEndpoint = Url, IamEndpoint = Url, RequestTimeout = TimeSpan.FromSeconds(8) }, new BrokerClock(TimeProvider.System));
        await IamAsync("CreateUser", ("UserName", "broker"));
        await IamAsync("PutUserPolicy", ("UserName", "broker"), ("PolicyName", "all"), ("PolicyDocument", """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"""));
        var key = AwsAnswer.Child(await IamAsync("CreateAccessKey", ("UserName", "broker")), "AccessKey");
        Broker = new AwsSession(AwsAnswer.Text(key, "AccessKeyId")!, AwsAnswer.Text(key, "SecretAccessKey")!, null, 0);
        using var http = new HttpClient { BaseAddress = Url };
        using var answer = await http.PostAsync("/moto-api/reset-auth", new StringContent("0"));
        answer.EnsureSuccessStatusCode();
    }
}
