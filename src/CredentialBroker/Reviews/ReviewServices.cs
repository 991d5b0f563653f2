using CredentialBroker.Reviews.Identity;

namespace CredentialBroker.Reviews;

internal static class ReviewServices
{
    /// <param name="audiences">Audiences of tokens that are evidence for this broker.</param>
    public static IServiceCollection AddReviews(this IServiceCollection services, ReviewOptions options, IEnumerable<string> audiences) => services
        .AddSingleton(options)
        .AddSingleton(new EvidenceAudiences(audiences.Where(one => one.Length > 0).ToHashSet(StringComparer.Ordinal)))
        .AddSingleton<Unused>()
        .AddSingleton<Overview>()
        .AddSingleton<BlastRadii>()
        .AddSingleton<IdentityReviews>()
        .AddSingleton<IdentityDesk>()
        .AddSingleton<SharedIdentities>();
}
