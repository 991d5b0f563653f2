using CredentialBroker.Protocol;
using Npgsql;

namespace CredentialBroker.Demo;

/// <summary>
/// The main job told as a story on a throw-away store: real HTTP, signed documents, nothing installed but the SDK.
/// Ends with 1 at the first step that does not hold.
/// </summary>
internal static class DemoCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var connection = args switch
        {
            [] => null,
            ["--postgres", var given] => given,
            _ => "",
        };
        if (connection == "") return Commands.Usage("demo takes nothing, or --postgres CONNECTION");
        using var narrator = new Narrator(Console.Out);
        try
        {
            await using var stage = await Stage.SetAsync(connection);
            await (connection is null ? new TokenStory(stage, narrator).TellAsync() : new DatabaseStory(stage, narrator).TellAsync());
            narrator.End();
            return 0;
        }
        catch (Exception error) when (error is DemoFailedException or BrokerException or BrokerUnreachableException or NpgsqlException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync($"\nthis step does not hold: {error.Message}");
            return 1;
        }
    }
}

/// <summary>The story met something else than it promised.</summary>
internal sealed class DemoFailedException(string message) : Exception(message);
