namespace CredentialBroker.Templates;

internal static class TemplateServices
{
    public static IServiceCollection AddTemplates(this IServiceCollection services, TimeSpan ttl, TimeSpan maxTtl, ActivationRules activation, Func<IServiceProvider, TemplateSignatures> signatures) => services
        .AddSingleton(new TemplateLimits { Ttl = ttl, MaxTtl = maxTtl })
        .AddSingleton(activation)
        .AddSingleton(signatures)
        .AddSingleton<TemplateCandidates>()
        .AddSingleton<TemplateCompiler>()
        .AddSingleton<TemplateStore>()
        .AddSingleton<TemplateImport>()
        .AddSingleton<TemplateLog>();
}
