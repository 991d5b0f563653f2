using System.Diagnostics;
using System.Text.Json;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Clients.Matrix;

/// <summary>What a client said when it was asked for a credential.</summary>
/// <param name="Got">It has one; else the text is its complaint.</param>
internal sealed record Answer(bool Got, string Text);

/// <summary>A real client that can be asked again and again.</summary>
internal interface IAsked : IAsyncDisposable
{
    /// <param name="anew">As a program that begins now, which remembers nothing.</param>
    Task<Answer> AskAsync(bool anew);
}

/// <summary>A command: a program of its own at every ask.</summary>
/// <param name="seen">What the other side of the command saw of the credential, where the command does not say it.</param>
internal sealed class Commanded(IReadOnlyDictionary<string, string> environment, string[] command, Func<string>? seen = null) : IAsked
{
    public async Task<Answer> AskAsync(bool anew)
    {
        var ran = await Client.RunAsync(environment, command);
        return new Answer(ran.Exit == 0, ran.Out + ran.Error + (ran.Exit == 0 ? seen?.Invoke() : ""));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A library in a program that answers on its streams and keeps its session, as a service would.</summary>
internal sealed class Talking(IReadOnlyDictionary<string, string> environment, string[] command) : IAsked
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Process _process = Client.Start(environment, command);
    private Task<string>? _complaints;

    public async Task<Answer> AskAsync(bool anew)
    {
        _complaints ??= _process.StandardError.ReadToEndAsync();
        await _process.StandardInput.WriteLineAsync(anew ? "new" : "again");
        await _process.StandardInput.FlushAsync();
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Limit) ?? throw new InvalidOperationException($"{command[0]} ended: {await _complaints}");
        using var json = JsonDocument.Parse(line);
        return new Answer(json.RootElement.GetProperty("got").GetBoolean(), json.RootElement.GetProperty("text").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit);
        await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
