using System.Text.Json;

namespace CredentialBroker.Protocol.Signals;

/// <summary>What a receiver of signals asks (RFC 8936 section 2.2).</summary>
public sealed record PollRequest
{
    /// <summary>Most events to be given; 0 for acknowledging alone. At most 500 are.</summary>
    public int? MaxEvents { get; init; }

    /// <summary>Answer at once, also with nothing. The broker always does.</summary>
    public bool? ReturnImmediately { get; init; }

    /// <summary>Ids of events that were taken for good.</summary>
    public IReadOnlyList<string>? Ack { get; init; }

    /// <summary>Ids of events that the receiver could not take, with why: they are not sent again.</summary>
    public IReadOnlyDictionary<string, JsonElement>? SetErrs { get; init; }
}

/// <summary>What it is given (RFC 8936 section 2.3).</summary>
/// <param name="Sets">Security event tokens by id (RFC 8417), oldest first.</param>
/// <param name="MoreAvailable">Whether asking again at once gives more.</param>
public sealed record PollAnswer(IReadOnlyDictionary<string, string> Sets, bool MoreAvailable);
