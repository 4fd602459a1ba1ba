/** Views of a table that people saved. */
export const messages = {
  'views.about': 'Filters, order, columns and period, as the address has them now.',
  'views.default': 'Open the page with {name}',
  'views.delete': 'Delete the view {name}',
  'views.deleted': 'The view {name} was deleted.',
  'views.manage': 'Manage views',
  'views.name': 'Name of the view',
  'views.none': 'No view is saved any more.',
  'views.rename': 'Name of {name}',
  'views.rename.action': 'Rename',
  'views.save': 'Save this view',
  'views.save.action': 'Save',
  'views.saved': 'The view {name} is saved.',
  'views.title': 'Views',
};
