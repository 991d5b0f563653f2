using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CredentialBroker.Approvals.Prompts;

/// <summary>What a webhook says should be looked at. Nothing of it is believed beyond that.</summary>
/// <param name="About">What it is about, to find others about the same.</param>
/// <param name="Text">As its format keeps it, and reads it again when it looks.</param>
/// <param name="EndOf">The task that it says is over; null for anything else.</param>
internal sealed record Prompt(string About, string Text, string? EndOf = null)
{
    /// <summary>Null where the text is of another format, which its source had when the prompt came.</summary>
    public static T? Parse<T>(string text, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(text, type);
        }
        catch (JsonException)
        {
            // Its source is looked at in another way now; whoever looks refuses it with a code of its own.
            return null;
        }
    }
}
