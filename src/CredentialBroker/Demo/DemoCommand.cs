using CredentialBroker.Backends;
using CredentialBroker.Protocol;
using Npgsql;

namespace CredentialBroker.Demo;

/// <summary>
/// The main job told as a story on a throw-away store: real HTTP, signed documents, nothing installed but the SDK.
/// Ends with 1 at the first step that does not hold.
/// </summary>
internal static class DemoCommand
{
    public static Task<int> RunAsync(string[] args) => args switch
    {
        [] => TellAsync(() => Stage.SetAsync(postgres: null), (stage, narrator) => new TokenStory(stage, narrator).TellAsync()),
        ["--postgres", { Length: > 0 } connection] => TellAsync(() => Stage.SetAsync(connection), (stage, narrator) => new DatabaseStory(stage, narrator).TellAsync()),
        ["--stay", { Length: > 0 } folder] => StayAsync(postgres: null, folder),
        ["--postgres", { Length: > 0 } connection, "--stay", { Length: > 0 } folder] => StayAsync(connection, folder),
        ["--vault", var address, "--vault-token-file", var file] when Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" =>
            TellAsync(() => Stage.SetAsync(postgres: null, (url, file)), (stage, narrator) => new VaultStory(stage, narrator).TellAsync()),
        ["--aws-endpoint", var address] when Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" =>
            TellAsync(() => Stage.SetAsync(postgres: null, aws: url), (stage, narrator) => new AwsStory(stage, narrator).TellAsync()),
        _ => Task.FromResult(Commands.Usage("demo takes nothing, --postgres CONNECTION, --vault ADDRESS --vault-token-file FILE, or --aws-endpoint URL; --stay FOLDER tells no story and stays")),
    };

    private static Task<int> StayAsync(string? postgres, string folder) => RunAsync(async () =>
    {
        await using var stage = await Stage.SetAsync(postgres);
        await Stay.RunAsync(stage, folder, Console.Out);
    });

    private static Task<int> TellAsync(Func<Task<Stage>> set, Func<Stage, Narrator, Task> tell) => RunAsync(async () =>
    {
        using var narrator = new Narrator(Console.Out);
        await using var stage = await set();
        await tell(stage, narrator);
        narrator.End();
    });

    private static async Task<int> RunAsync(Func<Task> act)
    {
        try
        {
            await act();
            return 0;
        }
        catch (Exception error) when (error is DemoFailedException or BrokerException or BrokerUnreachableException or NpgsqlException or InvalidOperationException or HttpRequestException or IOException or BackendException)
        {
            await Console.Error.WriteLineAsync($"\nthis step does not hold: {error.Message}");
            return 1;
        }
    }
}

/// <summary>The story met something else than it promised.</summary>
internal sealed class DemoFailedException(string message) : Exception(message);
