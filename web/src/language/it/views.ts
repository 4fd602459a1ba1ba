/** Views of a table that people saved. */
export const messages = {
  'views.about': 'Filtri, ordine, colonne e periodo, come li ha ora l’indirizzo.',
  'views.default': 'Apri la pagina con {name}',
  'views.delete': 'Elimina la vista {name}',
  'views.deleted': 'La vista {name} è stata eliminata.',
  'views.manage': 'Gestisci le viste',
  'views.name': 'Nome della vista',
  'views.none': 'Non ci sono più viste salvate.',
  'views.rename': 'Nome di {name}',
  'views.rename.action': 'Rinomina',
  'views.save': 'Salva questa vista',
  'views.save.action': 'Salva',
  'views.saved': 'La vista {name} è salvata.',
  'views.title': 'Viste',
};
