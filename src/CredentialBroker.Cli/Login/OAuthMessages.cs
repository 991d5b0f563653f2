using System.Text.Json.Serialization;

namespace CredentialBroker.Cli.Login;

/// <summary>What an authorization server says of itself (RFC 8414 section 2), as far as it is needed here.</summary>
internal sealed record ServerMetadata(string? Issuer = null, string? TokenEndpoint = null, string? DeviceAuthorizationEndpoint = null, string? RevocationEndpoint = null);

/// <summary>Answer of the device authorization endpoint (RFC 8628 section 3.2). Times are seconds.</summary>
internal sealed record DeviceAnswer(string? DeviceCode = null, string? UserCode = null, string? VerificationUri = null, string? VerificationUriComplete = null, long? ExpiresIn = null, long? Interval = null);

/// <summary>Answer of the token endpoint (RFC 6749 section 5.1).</summary>
internal sealed record TokenAnswer(string? AccessToken = null, string? TokenType = null, long? ExpiresIn = null, string? RefreshToken = null, string? IdToken = null);

/// <summary>Refusal of either endpoint (RFC 6749 section 5.2).</summary>
internal sealed record OAuthRefusal(string? Error = null, string? ErrorDescription = null);

/// <summary>Members that are not known here are passed over, as OAuth demands.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowDuplicateProperties = false, MaxDepth = 16)]
[JsonSerializable(typeof(ServerMetadata))]
[JsonSerializable(typeof(DeviceAnswer))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(OAuthRefusal))]
internal sealed partial class OAuthJson : JsonSerializerContext;
